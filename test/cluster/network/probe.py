"""Tries connections, all at once. Input: JSON list of [host, port]; output: JSON list of "open", "refused" or an error, in the same order."""

import asyncio
import json
import sys

SECONDS = 4


async def attempt(host: str, port: int) -> str:
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), SECONDS)
    except TimeoutError:
        return "refused"
    except ConnectionRefusedError:
        # The packet arrived and nothing listens: no policy is in the way.
        return "closed"
    except OSError as error:
        return f"{type(error).__name__}: {error}"
    writer.close()
    return "open"


async def main() -> None:
    targets = json.load(sys.stdin)
    print(json.dumps(await asyncio.gather(*(attempt(host, port) for host, port in targets))))


asyncio.run(main())
