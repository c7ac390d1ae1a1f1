"""A vendor on loopback that answers with the same pages for every day, made once."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LATENCY_S = 0.05  # a tenth of a real vendor's
MODEL = "claude-opus-4-8"


def _pages(people: int) -> Callable[[str, str | None], bytes]:
    """Return what the loopback vendor answers: the same pages for every day, made once."""
    per_page = 1000
    pages = -(-people // per_page)
    cache: dict[tuple[str, int], bytes] = {}

    def page(day: str, token: str | None) -> bytes:
        number = int(token or 0)
        if (day, number) not in cache:
            rows = [
                {
                    "date": f"{day}T00:00:00Z",
                    "actor": {"type": "user_actor", "email_address": f"p{n}@example.org"},
                    "customer_type": "api",
                    "terminal_type": "vscode",
                    "core_metrics": {
                        "num_sessions": 3,
                        "lines_of_code": {"added": 5, "removed": 1},
                        "commits_by_claude_code": 1,
                        "pull_requests_by_claude_code": 0,
                    },
                    "tool_actions": {"edit_tool": {"accepted": 3, "rejected": 1}},
                    "model_breakdown": [
                        {
                            "model": MODEL,
                            "tokens": {
                                "input": 1,
                                "output": 2,
                                "cache_read": 3,
                                "cache_creation": 4,
                            },
                            "estimated_cost": {"amount": 12.5, "currency": "USD"},
                        }
                    ],
                }
                for n in range(number * per_page, min((number + 1) * per_page, people))
            ]
            following = str(number + 1) if number + 1 < pages else None
            cache[day, number] = json.dumps(
                {"data": rows, "has_more": following is not None, "next_page": following}
            ).encode()
        return cache[day, number]

    return page


def serve(people: int) -> ThreadingHTTPServer:
    """Start the vendor; its port is the server's `server_port`."""
    page = _pages(people)

    class Vendor(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path.endswith("claude_code"):
                body = page(asked["starting_at"], asked.get("page"))
            elif parts.path.endswith("/me"):
                body = b'{"id":"bench-sync","type":"organization","name":"Bench"}'
            else:
                body = b'{"data":[],"has_more":false}'
            time.sleep(LATENCY_S)
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
