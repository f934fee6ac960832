"""A proxy on loopback that delays every byte in each direction, as a network's distance does."""

import asyncio
import contextlib
import threading
import time

_CHUNK = 1 << 16


class Proxy:
    """Forwards one port to another; `delay` is in seconds, each way."""

    def __init__(self, port: int, upstream: int, delay: float) -> None:
        self._port, self._upstream, self._delay = port, upstream, delay
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        serving = asyncio.start_server(self._accept, "127.0.0.1", self._port, limit=1 << 24)
        asyncio.run_coroutine_threadsafe(serving, self._loop).result(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._upstream, limit=1 << 24)
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward bytes `delay` after they came, however many came before: latency, and no limit of bandwidth."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def send() -> None:
            while True:
                due, data = await waiting.get()
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                if not data:
                    break
                writer.write(data)
                await writer.drain()
            writer.close()

        sending = asyncio.create_task(send())
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(_CHUNK):
                waiting.put_nowait((time.monotonic() + self._delay, data))
        waiting.put_nowait((time.monotonic() + self._delay, b""))
        with contextlib.suppress(ConnectionError):
            await sending
