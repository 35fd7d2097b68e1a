"""The laboratory for tests in a browser: the same server, one part that fails on purpose, a look at its work."""

from __future__ import annotations

import sys

from visualization import server

FAILING_SEED = 666
"""A link with this seed lets one part fail."""


def main(port: int) -> int:
    server.configure()
    import solara  # noqa: PLC0415  (reads the environment)
    from starlette.responses import JSONResponse  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    from visualization import app, lab  # noqa: PLC0415

    submitted, submit = [], lab.submit

    def counted(*given):
        submitted.append(submit(*given))
        return submitted[-1]

    lab.submit = counted

    @solara.component
    def Failing(laboratory):  # noqa: N802
        if laboratory.view.value.session.seed == FAILING_SEED:
            raise RuntimeError("failed on purpose")
        return strategies(laboratory)

    strategies = dict(app.LAST)["Strategies"]
    app.LAST = tuple((title, Failing if title == "Strategies" else part) for title, part in app.LAST)

    def work(_request):
        return JSONResponse({"submitted": len(submitted), "running": sum(not one.done() for one in submitted)})

    application = server.application

    def with_look():
        made = application()
        made.router.routes.insert(0, Route("/test/work", work))
        return made

    server.application = with_look
    return server.serve(server.Place(port=port), browser=False)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1])))
