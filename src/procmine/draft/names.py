"""What the name of a column says it holds, in English and Chinese; the data have the last word where they can."""

import re
from typing import Literal

Part = Literal[
    "activity", "status", "department", "resource", "time", "start", "end", "plan", "key", "order", "line", "person"
]

_WORDS: dict[Part, str] = {
    "activity": r"activity|event|step|action|task|operation|^concept:name$|stage|milestone"
    r"|环节|工序|动作|事项|操作$|活动|步骤|任务|节点",
    "status": r"status|^state$|\bto_state|状态",
    "department": r"dep(t|artment)|\bgroup|:group|team|unit|division|lane|部门|处室|单位|班组|科室",
    "resource": r"resource|operator|user|employee|agent|staff|clerk|performer|originator|owner|assignee"
    r"|\bby$|_by$|员$|人$|工号|经办|处理者",
    "time": r"time|date|stamp|epoch|when|(^|[^a-z])(ts|at|on)($|[^a-z])|时间|日期|时刻",
    "start": r"start|begin|began|from$|开始|起始",
    "end": r"end|complet|finish|done|clos|timestamp|结束|完成",
    "plan": r"plan|estimat|expect|due|deadline|target|scheduled|limit|promis"
    r"|计划|预计|期望|要求|截止|预约|承诺",
    "key": r"(^|[^a-z])(id|no|nr|num|number|key|code|case(?!:)|order|ref|ticket|claim|incident|patient)($|[^a-z])"
    r"|^case:concept:name$|编号|单号|号$|号码|代码|编码|流水",
    "order": r"(?<!work)(?<!work[_ ])order|case|订单|定单|受理",
    "line": r"(^|[^a-z])(line|item)s?([^a-z]?(id|no|nr|num|number|pos|position))?$|行号|行项目|明细",
    "person": r"(customer|client|person|contact)([_ ]?(name|id|unique_id|no))?$|(first|last|full)_?name|phone|mail"
    r"|address|客户名|姓名|联系|电话|手机|邮箱|地址|证件|身份证",
}
_UNITS = r"(?i)[_ ]?(date|time|timestamp|datetime|at|on|day)$|(时间|日期|时刻)$"
_KEY_ENDINGS = r"(?i)[_ :.-]?(id|no|nr|num|number|key|code)$|(编号|单号|号码|代码|编码|号)$"


def says(column: str, part: Part) -> bool:
    """Whether the name of `column` is one of those for `part`. camelCase and separators are seen as word ends."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", column).lower()
    return re.search(_WORDS[part], words) is not None


def activity_of(column: str) -> str:
    """What a time column stands for by its name: `approved_at` for approved, `受理时间` for 受理."""
    return _without(_UNITS, column)


def kind_of(column: str) -> str:
    """What a key column identifies by its name: `order_id` an order, `合同编号` a 合同."""
    return _without(_KEY_ENDINGS, column)


def _without(pattern: str, column: str) -> str:
    return re.sub(pattern, "", column).strip(" _:.-") or column
