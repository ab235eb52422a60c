"""An ASGI middleware that refuses requests with a large body. Knows nothing of what the body says.

Gradio's own limits cover uploaded files only; a JSON body of any size would be read into memory and parsed.
"""

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse


class BodyLimit:
    def __init__(self, app, *, limit: int):
        self.app = app
        self.limit = limit

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self.limit:
            await PlainTextResponse(f"Body above {self.limit} bytes", 413)(scope, receive, send)
            return
        received = 0

        async def counted():  # a chunked body declares no length
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                raise HTTPException(413, f"Body above {self.limit} bytes")
            return message

        await self.app(scope, counted, send)
