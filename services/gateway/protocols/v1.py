"""The gateway's own form: `{"instances": [{…}]}`, and predictions each with its id."""

import msgspec

from services.gateway import messages
from services.gateway.protocols.interface import ParsedRequest, PredictionAnswer
from services.gateway.validation import RequestSchema
from services.http.errors import answer_for
from services.http.request import HotRequest


class V1:
    """Reads and writes what the gateway's API says; keeps nothing, so it is its own form."""

    def read(self, request: HotRequest, schema: RequestSchema) -> ParsedRequest:
        """The instances of a request, and its ids."""
        found = schema.decode(request.body)
        return ParsedRequest(found.rows, found.ids, self)

    def reply(self, request: HotRequest, answered: PredictionAnswer) -> None:
        """One prediction for each instance."""
        name, revision = answered.version.name, answered.revision
        predictions = [
            messages.Answer(row, prediction, scores, name, revision)
            for row, prediction, scores in zip(
                answered.ids, answered.predictions, answered.by_class(), strict=True
            )
        ]
        request.reply(200, msgspec.json.encode(messages.Answers(predictions)))

    def refuse(self, request: HotRequest, error: Exception) -> int:
        """The error in the one shape of all our services."""
        answer = answer_for(error)
        request.reply(answer.status, answer.body, headers=answer.headers)
        return answer.status
