"""How officers behave with their handhelds: quick or late, willing or not, and how long work takes.

All of it is drawn from the truth seed, one plan a task, so that the same task meets the same fate.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from console.city.known_ids import seed_of
from console.protocol.messages import Task

_REFUSALS = (
    "正在处理另一起案件，走不开", "车辆故障，无法前往", "不在本人巡区，请派就近人员",
    "正在护送当事人去医院", "对讲机和手机电量不足，正在返回充电",
)  # fmt: skip
#: Usual minutes of handling by form, where it is not the ordinary.
_HANDLE_MIN = {
    "0101": 40.0, "0103": 30.0, "0106": 35.0, "0201": 12.0, "0301": 28.0, "0302": 25.0,
    "0303": 30.0, "0401": 45.0, "0402": 60.0, "0503": 10.0, "0504": 15.0,
}  # fmt: skip
_USUAL_MIN = 18.0
_FOUND: dict[str, tuple[str, ...]] = {
    "0101": ("现场查看，当事人无法出示规划许可，已责令停工并移送规划部门",),
    "0102": ("已联系保洁清运，现场恢复整洁", "垃圾已清走，告知物业增加清运次数"),
    "0103": ("渣土已由责任人清运完毕", "已责令施工方当日清运，现场苫盖"),
    "0104": ("已通知环卫冲洗，路面恢复干净",),
    "0105": ("已劝离烧烤摊，没收炉具一个", "店家已撤回店内经营，立案处罚"),
    "0106": ("已制止施工，移送住建部门鉴定，责令恢复原状",),
    "0201": ("小广告已清除，电话号码报停机平台", "当事人已教育，收缴小广告一批"),
    "0301": (
        "工地无夜间施工许可，已责令停工并立案", "现场实测噪声，施工已停止",
        "工地有夜施证，已要求降噪",
    ),
    "0302": ("已责令苫盖和洒水，现场整改完成", "立案处罚，裸露土方已盖网"),
    "0303": ("查扣渣土车一辆，立案处罚", "车辆已离开，调取沿途录像"),
    "0401": ("燃气公司到场关阀检测，险情排除", "已疏散人员，违规气瓶清出"),
    "0402": ("已围挡警戒，通知路政抢修", "路政到场回填，道路恢复通行"),
    "0501": (
        "商贩已劝离，现场无占道", "暂扣三轮车一辆，商贩接受处罚", "到场时商贩已离开，继续盯守",
    ),
    "0502": ("店家已将物品收回店内", "第二次违规，立案处罚二百元"),
    "0503": ("车辆已驶离，通道恢复", "已贴单并通知拖移"),
    "0504": ("查获非法营运车辆一辆，移送交通执法", "人员已驱散，安排人员值守"),
    "0599": ("已转相关单位处理完毕", "现场核实，问题已解决"),
}  # fmt: skip


class Answer(StrEnum):
    """What becomes of an order once it has been read."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandheldHabits:
    """How often officers do not do what is hoped.

    Attributes:
        refuse: Part of all orders that is refused.
        never: Part that is never answered.
        late: Part that is answered only after minutes.
        forget: Part whose outcome is reported hours late.
        seen_s: Mean time until an order is looked at.
        answer_s: Mean time from there to the answer.
        depart_s: Mean time from there to setting out.
    """

    refuse: float = 0.03
    never: float = 0.015
    late: float = 0.07
    forget: float = 0.01
    seen_s: float = 6.0
    answer_s: float = 8.0
    depart_s: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will become of one task, in seconds at the pace of life.

    Attributes:
        reason: Why it is refused, else ``None``.
        outcome: What is reported in the end.
    """

    seen_s: float
    answer: Answer
    answer_s: float
    depart_s: float
    handle_s: float
    reason: str | None
    outcome: str


def plan_of(task: Task, habits: HandheldHabits, *, truth_seed: int) -> Plan:
    """Return what becomes of a task; the same task and seed give the same plan."""
    rng = np.random.default_rng(seed_of(truth_seed, "plan", task.assignment))
    draw, late, forget = rng.random(3).tolist()
    answer = Answer.ACCEPT
    if draw < habits.never:
        answer = Answer.NEVER
    elif draw < habits.never + habits.refuse:
        answer = Answer.REFUSE
    answer_s = 1.0 + float(rng.exponential(habits.answer_s))
    if late < habits.late:
        answer_s += float(rng.uniform(60.0, 300.0))
    usual_s = 60.0 * _HANDLE_MIN.get(task.form, _USUAL_MIN)
    handle_s = usual_s * float(rng.lognormal(0.0, 0.45))
    if forget < habits.forget:
        handle_s += float(rng.uniform(2.0, 4.0)) * 3600.0
    found = _FOUND.get(task.form, _FOUND["0599"])
    return Plan(
        seen_s=1.0 + float(rng.exponential(habits.seen_s)),
        answer=answer,
        answer_s=answer_s,
        depart_s=2.0 + float(rng.exponential(habits.depart_s)),
        handle_s=handle_s,
        reason=_REFUSALS[int(rng.integers(len(_REFUSALS)))] if answer is Answer.REFUSE else None,
        outcome=found[int(rng.integers(len(found)))] + "。",
    )
