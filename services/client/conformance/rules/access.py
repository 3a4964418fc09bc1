"""Rules on health, and on the token that every other route asks for."""

from services.client.conformance.rule import Rule, ServiceUnderTest, expect


def _health(service: ServiceUnderTest) -> None:
    answer = service.client.get("/health", token="")
    expect(answer.status not in {401, 403}, "it asks for a token")
    expect(answer.status == 200, f"it answered {answer.status}")


def _token(service: ServiceUnderTest) -> None:
    for token, words in (("", "without a token"), ("not-the-token-of-this-service", "with a wrong token")):
        answers = {
            "GET /model": service.client.get("/model", token=token),
            "POST /predict": service.client.post("/predict", {"instances": service.rows[:1]}, token=token),
            "POST /retrain": service.client.post("/retrain", {}, token=token),
            "GET /retrain/none": service.client.get("/retrain/none", token=token),
            "POST /revision": service.client.post("/revision", {}, token=token),
        }
        for route, answer in answers.items():
            expect(answer.status in {401, 403}, f"{route} {words} answered {answer.status}, not 401")


RULES = (
    Rule("GET /health answers 200 once a revision is loaded, without a token", _health),
    Rule("Every other route asks for the service's own token", _token),
)
