"""The map of a plan as one drawing: a column for each wave, with its workloads and the topics that it owns.

Small estates are drawn in full. In large ones each zone of each wave is one box, with the number of its workloads.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from migrate.documents.plan import Plan
from migrate.estate import Estate
from migrate.model.words import count
from migrate.render.drawing import Box, Line, curve, rank, shortened

_MOST = 160
"""Up to so many workloads and topics, each is drawn."""

_COLUMN, _LEFT, _TOP, _ROW = 392, 16, 64, 46
_WIDE, _HIGH, _TOPIC_AT, _TOPIC_WIDE, _TOPIC_HIGH = 160, 36, 208, 152, 26


@dataclass
class Drawing:
    """Boxes and lines with their total size; `columns` are the x coordinates and names of the waves."""

    detailed: bool
    columns: list[tuple[int, str]]
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    @property
    def wide(self) -> int:
        """Return the width in pixels."""
        return _LEFT * 2 + _COLUMN * max(1, len(self.columns))

    @property
    def high(self) -> int:
        """Return the height in pixels."""
        return max([box.y + box.high for box in self.boxes], default=_TOP) + 24


def draw(plan: Plan, estate: Estate) -> Drawing:
    """Return the drawing of a plan."""
    wave_of = {p.workload: wave.number for wave in plan.waves for p in wave.workloads}
    columns = [
        (_LEFT + at * _COLUMN, f"{wave.number} {wave.name}") for at, wave in enumerate(plan.waves)
    ]
    detailed = len(wave_of) + len(estate.moving) <= _MOST
    drawing = Drawing(detailed, columns)
    known = {name: number for name, number in wave_of.items() if name in estate.workloads}
    if detailed:
        _workloads(drawing, estate, known)
        _topics(drawing, plan, estate)
    else:
        _zones(drawing, estate, known)
    return drawing


def _workloads(drawing: Drawing, estate: Estate, wave_of: Mapping[str, int]) -> None:
    rows: Counter[int] = Counter()
    for name in sorted(wave_of, key=lambda n: (estate.workloads[n].zone, n)):
        workload, number = estate.workloads[name], wave_of[name]
        small = " · ".join(filter(None, (workload.sensitivity, workload.zone)))
        title = f"{name}: {workload.kind}, {small}; owner {workload.owner}; wave {number}"
        own = _rank(estate, workload.sensitivity)
        at = _place(number, rows, 0)
        drawing.boxes.append(Box(name, shortened(name), small, title, *at, _WIDE, _HIGH, own))


def _topics(drawing: Drawing, plan: Plan, estate: Estate) -> None:
    boxes = {box.key: box for box in drawing.boxes}
    owner = {topic: wave.number for wave in plan.waves for topic in wave.owns_topics}
    near: dict[str, float] = {}
    for topic in owner:
        users = [*estate.writers.get(topic, ()), *estate.readers.get(topic, ())]
        ys = [boxes[name].y for name in users if name in boxes]
        near[topic] = sum(ys) / len(ys) if ys else 0.0
    rows: Counter[int] = Counter()
    for topic in sorted(owner, key=lambda t: (near[t], t)):
        x, y = _place(owner[topic], rows, _TOPIC_AT)
        writers, readers = estate.writers.get(topic, ()), estate.readers.get(topic, ())
        title = f"topic {topic}: written by {_names(writers)}, read by {_names(readers)}"
        shape = (x, y + 5, _TOPIC_WIDE, _TOPIC_HIGH)
        box = Box(f"topic {topic}", shortened(topic, 21), "", title, *shape, -1)
        drawing.boxes.append(box)
        for name in writers:
            if name in boxes:
                label = f"{name} writes {topic}"
                drawing.lines.append(_line(boxes[name], box, "writes", label))
        for name in readers:
            if name in boxes:
                label = f"{name} reads {topic}: readers move no later than writers"
                drawing.lines.append(_line(boxes[name], box, "reads", label))


def _zones(drawing: Drawing, estate: Estate, wave_of: Mapping[str, int]) -> None:
    inside: dict[tuple[int, str], list[str]] = defaultdict(list)
    for name, number in wave_of.items():
        inside[number, estate.workloads[name].zone].append(name)
    rows: Counter[int] = Counter()
    boxes: dict[tuple[int, str], Box] = {}
    for (number, zone), names in sorted(inside.items()):
        classes = Counter(estate.workloads[name].sensitivity for name in names)
        small = ", ".join(f"{n} {c}" for c, n in sorted(classes.items()))
        highest = max(_rank(estate, one) for one in classes)
        label = f"{zone or 'no zone'}: {count(len(names), 'workload')}"
        at = _place(number, rows, 0)
        title = f"wave {number}, {label}: {small}"
        wide = _WIDE + 60
        boxes[number, zone] = Box(
            f"{number} {zone}",
            shortened(label, 32),
            shortened(small, 38),
            title,
            *at,
            wide,
            _HIGH,
            highest,
        )
    drawing.boxes += boxes.values()
    drawing.lines += _between(estate, wave_of, boxes)


def _between(
    estate: Estate, wave_of: Mapping[str, int], boxes: Mapping[tuple[int, str], Box]
) -> Iterable[Line]:
    """Yield a line for each pair of boxes of which one writes topics that the other reads, with their number."""
    shared: Counter[tuple[tuple[int, str], tuple[int, str]]] = Counter()

    def home(name: str) -> tuple[int, str]:
        return wave_of[name], estate.workloads[name].zone

    for topic in estate.moving:
        writers = {home(n) for n in estate.writers[topic] if n in wave_of}
        readers = {home(n) for n in estate.readers[topic] if n in wave_of}
        shared.update((w, r) for w in writers for r in readers if w != r)
    for (writer, reader), many in sorted(shared.items()):
        box, to = boxes[reader], boxes[writer]
        label = f"{to.label} (wave {writer[0]}) writes {count(many, 'topic')} "
        yield _line(box, to, "reads", f"{label}that {box.label} (wave {reader[0]}) reads")


def _line(one: Box, other: Box, kind: str, title: str) -> Line:
    return Line(one.key, other.key, kind, title, curve(one, other))


def _place(wave: int, rows: Counter[int], beside: int) -> tuple[int, int]:
    at = _LEFT + (wave - 1) * _COLUMN + beside, _TOP + rows[wave] * _ROW
    rows[wave] += 1
    return at


def _rank(estate: Estate, sensitivity: str) -> int:
    return max(0, rank(estate.config.sensitivity, sensitivity))


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names) if names else "no workload"
