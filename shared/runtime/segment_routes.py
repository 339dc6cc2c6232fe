"""The routes of segments: everybody opens them, marketers and operators keep them."""

from shared.app.keep_segments import SegmentKeeper
from shared.contracts import api
from shared.runtime.roles import EVERYBODY, KEEPERS
from shared.runtime.routing import Call, Route


def segment_routes(keeper: SegmentKeeper) -> list[Route]:
    """All of them, in the order of the documentation."""

    def changed(call: Call) -> api.Segment:
        return keeper.change(call.path["id"], call.asked(api.SegmentDraft))

    return [
        Route(
            method="GET",
            path="/api/segments",
            name="listSegments",
            summary="Filters that the team keeps under a name",
            roles=EVERYBODY,
            answer=api.SegmentList,
            endpoint=lambda _: keeper.listed(),
            errors=(503,),
        ),
        Route(
            method="POST",
            path="/api/segments",
            name="addSegment",
            summary="Keep a filter under a new name",
            roles=KEEPERS,
            body=api.SegmentDraft,
            answer=api.Segment,
            endpoint=lambda call: keeper.add(call.asked(api.SegmentDraft)),
            errors=(409, 413, 503),
        ),
        Route(
            method="GET",
            path="/api/segments/{id}",
            name="getSegment",
            summary="A segment with the number of its people now",
            roles=EVERYBODY,
            answer=api.SegmentPeople,
            endpoint=lambda call: keeper.one(call.path["id"]),
            errors=(404, 503),
        ),
        Route(
            method="POST",
            path="/api/segments/{id}",
            name="changeSegment",
            summary="Give a segment another name or another filter",
            roles=KEEPERS,
            body=api.SegmentDraft,
            answer=api.Segment,
            endpoint=changed,
            errors=(404, 409, 413, 503),
        ),
        Route(
            method="DELETE",
            path="/api/segments/{id}",
            name="removeSegment",
            summary="Delete a segment; nobody's data changes",
            roles=KEEPERS,
            answer=api.Segment,
            endpoint=lambda call: keeper.remove(call.path["id"]),
            errors=(404, 503),
        ),
    ]
