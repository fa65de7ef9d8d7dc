"""The OpenAPI document says what the program does: every route, every answer."""

import json
import re
import urllib.parse

import jsonschema

from support import testing
from support.lossd_daemon import Lossd


class OpenApi(testing.TestCase):
    def setUp(self):
        super().setUp()
        self.lossd = Lossd(self)
        answer = self.lossd.request("GET", "/api/v1/openapi.json")
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "application/json"))
        self.document = answer.json

    def check(self, method, path, body=None, headers=None, **parameters):
        """Asks, and compares the answer with what the document says of it."""
        target = path.format(**{name: urllib.parse.quote(value, safe="") for name, value in parameters.items()})
        answer = self.lossd.request(method, target, body, headers)
        responses = self.document["paths"][path.split("?")[0]][method.lower()]["responses"]
        self.assertIn(str(answer.status), responses, f"{method} {target}: {answer.text}")
        content = responses[str(answer.status)].get("content")
        if content:
            schema = {**content["application/json"]["schema"], "components": self.document["components"]}
            jsonschema.validate(answer.json, schema)
        return answer

    def test_it_is_openapi(self):
        self.assertEqual(self.document["openapi"], "3.1.0")
        for path, item in self.document["paths"].items():
            self.assertTrue(path.startswith("/api/v1/"), path)
            for name in re.findall(r"{(\w+)}", path):
                self.assertIn(name, [parameter["name"] for parameter in item["parameters"]])
        for schema in self.document["components"]["schemas"].values():
            jsonschema.Draft202012Validator.check_schema(schema)

    def test_every_route_of_the_api_is_in_it(self):
        sources = [testing.ROOT / "src/web/routes.cc", testing.ROOT / "src/web/page_routes.cc", testing.ROOT / "src/push/native/native_protocol.cc"]
        routes = {route for path in sources for route in re.findall(r'{"(/api/v1/[^"]*)"', path.read_text())}
        self.assertEqual(routes, set(self.document["paths"]))

    def test_every_answer_is_as_it_says(self):
        sample = {"training_job": "a/b", "step": 1, "loss": 2.5}
        for body, status in ((sample, 200), ([sample, {"loss": 1}], 207), ({"los": 1}, 400), ("", 400), ({**sample, "stpe": 2}, 200),
                             ({**sample, "timestamp": "2026-01-31T12:30:00Z", "labels": {"a": 1, "b": None}}, 200)):
            self.assertEqual(self.check("POST", "/api/v1/samples", body).status, status, body)
        self.check("POST", "/api/v1/samples", "x", {"Content-Encoding": "br"})
        jsonschema.validate(sample, {**self.document["components"]["schemas"]["Sample"], "components": self.document["components"]})
        self.check("GET", "/api/v1/jobs")
        for job, status in (("a/b", 200), ("none", 404)):
            self.assertEqual(self.check("GET", "/api/v1/jobs/{job}", job=job).status, status)
            self.assertEqual(self.check("GET", "/api/v1/jobs/{job}/advice", job=job).status, status)
            self.assertEqual(self.check("POST", "/api/v1/jobs/{job}/finish", "", job=job).status, status)
        self.assertEqual(self.check("GET", "/api/v1/jobs/{job}/advice?loss=none", job="a/b").status, 404)
        for query, status in (("", 200), ("?loss=train&since=0&stride=1", 200), ("?loss=none", 404), ("?since=x", 400)):
            self.assertEqual(self.check("GET", "/api/v1/jobs/{job}/history" + query, job="a/b").status, status)
        self.assertEqual(self.check("GET", "/api/v1/overview?q=a&sort=loss&order=desc&limit=3").status, 200)
        self.assertEqual(self.check("GET", "/api/v1/overview?sort=x").status, 400)
        self.assertEqual(self.check("GET", "/api/v1/status").status, 200)
        self.assertEqual(self.check("DELETE", "/api/v1/jobs/{job}", job="a/b").status, 204)
        self.check("DELETE", "/api/v1/jobs/{job}", job="a/b")


if __name__ == "__main__":
    testing.main()
