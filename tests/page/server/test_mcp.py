"""demo.py --mcp: a language model's client lists /read as a tool and calls it, through the gate."""

import asyncio

import pytest

from tests.servers import Server

pytest.importorskip("mcp", reason='needs pip install "gradio[mcp]"')

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client


def test_a_model_reads_a_drawing(weights):
    async def ask(url):
        async with streamable_http_client(url) as (read, write, _), ClientSession(read, write) as session:
            await session.initialize()
            [tool] = (await session.list_tools()).tools
            drawing = [[[20, 10], [80, 10], [40, 90]]]
            return tool.name, await session.call_tool(tool.name, {"drawing": drawing, "number": 5})

    server = Server(weights, "--mcp")
    try:
        name, answer = asyncio.run(ask(f"{server.url}/gradio_api/mcp/"))
    finally:
        server.stop()
    assert name == "read" and not answer.isError and "'digit': 7, 'sum': 12" in answer.content[0].text
