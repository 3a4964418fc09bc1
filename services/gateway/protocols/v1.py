"""The gateway's own form: `{"instances": [{…}]}`, and predictions each with its id."""

from typing import Any

import msgspec
from msgspec import Struct

from services.gateway import messages
from services.gateway.protocols.interface import ParsedRequest, PredictionAnswer, RequestOutline
from services.gateway.protocols.tables import chosen
from services.gateway.validation import RequestSchema, checked_body
from services.http.errors import answer_for
from services.http.request import HotRequest
from services.http.validation_errors import explain


class _Body(Struct, forbid_unknown_fields=True):
    """A request, whatever its instances hold."""

    instances: list[dict[str, Any]]
    ids: list[str] | None = None


_decoder = msgspec.json.Decoder(_Body)


class V1:
    """Reads and writes what the gateway's API says; keeps nothing, so it is its own form."""

    def read(self, request: HotRequest, schema: RequestSchema) -> ParsedRequest:
        """The instances of a request, and its ids."""
        found = schema.decode(request.body)
        return ParsedRequest(found.rows, found.ids, self)

    def outline(self, request: HotRequest, inputs: frozenset[str]) -> RequestOutline:
        """The same, whatever version answers each instance."""
        del inputs
        try:
            body = _decoder.decode(request.body)
        except (ValueError, RecursionError) as error:
            raise explain(request.body, error) from None
        checked = checked_body(body.instances, body.ids)
        return RequestOutline(
            len(checked.rows),
            checked.ids,
            self,
            lambda schema, numbers: schema.rows(chosen(checked.rows, numbers), "instances", numbers),
        )

    def reply(self, request: HotRequest, answer: PredictionAnswer) -> None:
        """One prediction for each instance."""
        predictions = [
            messages.Answer(*row)
            for row in zip(
                answer.ids,
                answer.predictions,
                answer.by_class(),
                answer.versions,
                answer.revisions,
                strict=True,
            )
        ]
        request.reply(200, msgspec.json.encode(messages.Answers(predictions)))

    def refuse(self, request: HotRequest, error: Exception) -> int:
        """The error in the one shape of all our services."""
        answer = answer_for(error)
        request.reply(answer.status, answer.body, headers=answer.headers)
        return answer.status
