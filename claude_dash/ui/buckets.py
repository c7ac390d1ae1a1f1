"""A bucket of Bedrock's logs on the connect page: its form, what was found, its kit, its rule."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import streamlit as st

from claude_dash.connections import Listed, bedrock, bedrock_steps
from claude_dash.connections.bedrock_kit import UNKNOWN_PRINCIPAL, Kit
from claude_dash.connections.bedrock_options import Options
from claude_dash.errors import ClaudeDashError
from claude_dash.sources.bedrock_probe import BucketProbe
from claude_dash.sources.bedrock_rule import RULES
from claude_dash.ui import findings
from claude_dash.ui.page import View, in_words
from claude_dash.ui.server import sync_in_background

CHECKED = "claude_dash.checked-bucket"
KIT = "claude_dash.kit-"
FROM_NOW_ON = (
    "A change holds for objects that are read from now on. What was counted stays as it is; to "
    "count it anew, remove the connection with what was read through it, and add it again."
)
NAMES_HELP = (
    "One a line. For roles: names of roles, permission sets or users. For an agreed value: "
    "key=value of the request metadata. For profiles: their ids."
)
PATTERNS_HELP = (
    "One a line: a regular expression for a whole session name, with a group named email or name. "
    "Mail addresses, and ccwb- before one, are known without."
)
PERSON_HELP = "For a gateway with one role: the key of the request metadata that says who asks."


@dataclass(frozen=True, slots=True)
class _Checked:
    """A bucket that was checked and waits to be saved."""

    name: str
    options: Options
    since: date | None
    probe: BucketProbe


def form(view: View, backs: Sequence[str], since_of: dict[str, date | None]) -> None:
    """Draw the form, and beside it what was found."""
    left, right = st.columns(2)
    with left, st.form("bedrock", border=True):
        st.markdown("## Amazon Bedrock")
        name = st.text_input("Name of this connection", value="Bedrock", key="bedrock-name")
        bucket = st.text_input("Bucket", key="bedrock-bucket", help="Its name, without s3://.")
        region = st.text_input("Region of the bucket", key="bedrock-region", help="us-east-1")
        prefix = st.text_input(
            "Prefix, if there is one", key="bedrock-prefix", help="What stands before AWSLogs/."
        )
        role = st.text_input(
            "Role ARN",
            key="bedrock-role",
            help="Of the role that claude-dash assumes, also before it is made. Empty for a "
            "bucket of yours, which the credentials of this machine may read.",
        )
        back = st.radio("Read back to", backs, horizontal=True, key="bedrock-back")
        is_asked = st.form_submit_button("Check", type="primary", icon=":material/network_check:")
        st.caption(
            ":material/lock: Only token counts and callers are read; prompts that lie beside the "
            "logs are never opened. Nothing changes in Claude Code."
        )
    with right:
        if is_asked:
            asked = (bucket.strip(), region.strip(), prefix.strip(), role.strip())
            _check(view, name, asked, since_of[back])
        if CHECKED in st.session_state:
            _found(view, st.session_state[CHECKED])


def _check(view: View, name: str, asked: tuple[str, str, str, str], since: date | None) -> None:
    st.session_state.pop(CHECKED, None)
    try:
        options = Options(*asked)
        if options.role_arn:
            options = replace(options, external_id=bedrock.new_external_id())
        with st.spinner("Asking AWS"):
            probe = bedrock.try_bucket(options, transport=view.opened.transport)
    except ClaudeDashError as error:
        in_words(error)
        return
    st.session_state[CHECKED] = _Checked(name, options, since, probe)


def _found(view: View, checked: _Checked) -> None:
    probe = checked.probe
    with st.container(border=True, key="checked"):
        match probe.status:
            case "waiting":
                st.markdown("## The role does not let claude-dash in yet")
                st.write(
                    "That is expected: its trust policy must ask for an external id that is made "
                    "for this connection. Save it; then the policies are shown here."
                )
                save = "Save and show the policies"
            case "ok":
                st.markdown("## The bucket can be read")
                st.caption("Nothing is saved yet.")
                findings.table(probe.findings)
                findings.not_covered(probe.not_covered)
                save = "Save and start reading"
            case status:
                st.markdown(f"## {'No answer' if status == 'unreachable' else 'Not readable'}")
                st.error(str(probe.error), icon=":material/error:")
                st.caption("Nothing was saved.")
                if status == "refused":
                    return
                save = "Save anyway"
        if st.button(save, type="primary", key="save"):
            _save(view, checked)


def _save(view: View, checked: _Checked) -> None:
    found = view.opened
    try:
        made = bedrock.add_bucket(
            found.engine,
            found.settings,
            checked.name,
            checked.options,
            test=checked.probe.status == "ok",
            backfill_since=checked.since,
            actor=view.reader.name,
            transport=found.transport,
        )
    except ClaudeDashError as error:
        in_words(error)
        return
    if made.error and made.status != "waiting":
        st.error(made.error["message"], icon=":material/error:")
        return
    if made.status == "ok":
        sync_in_background(made.name)
    st.session_state.pop(CHECKED, None)
    begun = "Reading has begun, newest day first." if made.status == "ok" else "It waits below."
    st.success(f"{made.name} is saved. {begun}")


def waiting(view: View, one: Listed) -> None:
    """Draw what the owner of a role must do before it lets us in."""
    options = bedrock.options_of(view.store, one.name)
    with st.container(border=True, key=f"waiting-{one.name}"):
        st.markdown(f"## {one.name} waits for its role")
        st.write("External id, made for this connection alone:")
        st.code(options.external_id, language=None)
        _kit(view, one.name, options)
        if st.button("Test again", type="primary", key=f"again-{one.name}"):
            _test_again(view, one.name)


def _test_again(view: View, name: str) -> None:
    with st.spinner("Asking AWS"):
        said = bedrock.test(view.store, name, transport=view.opened.transport)
    if said.error:
        st.error(said.error["message"], icon=":material/error:")
        return
    sync_in_background(name)
    st.rerun()


def manage(view: View, name: str) -> None:
    """Draw which calls of a connection count and what names a person, and its kit."""
    options = bedrock.options_of(view.store, name)
    with st.form(f"rule-{name}", border=False):
        rule = st.selectbox(
            "Calls that are Claude Code",
            list(RULES),
            index=list(RULES).index(options.rule),
            format_func=lambda one: RULES[one],
            key=f"rule-of-{name}",
        )
        names = _lines("Names for the rule", options.names, NAMES_HELP, f"rule-names-{name}")
        patterns = _lines(
            "Session names that name a person", options.patterns, PATTERNS_HELP, f"patterns-{name}"
        )
        person_key = st.text_input(
            "Metadata key that names a person",
            value=options.person_key,
            help=PERSON_HELP,
            key=f"person-key-{name}",
        )
        st.caption(FROM_NOW_ON)
        if st.form_submit_button("Save the rule"):
            try:
                bedrock.change(
                    view.store,
                    name,
                    actor=view.reader.name,
                    rule=rule,
                    names=names,
                    patterns=patterns,
                    person_key=person_key.strip(),
                )
            except ClaudeDashError as error:
                in_words(error)
            else:
                st.success("Saved. It holds for objects that are read from now on.")
    if st.toggle("Show the policies", key=f"kit-{name}"):
        _kit(view, name, options)


def _lines(label: str, lines: Sequence[str], about: str, key: str) -> tuple[str, ...]:
    text = st.text_area(label, value="\n".join(lines), help=about, key=key)
    return tuple(one for line in text.splitlines() if (one := line.strip()))


def _made(view: View, name: str, options: Options) -> Kit:
    """Return the kit of a connection; AWS is asked who we are once a session."""
    held: tuple[Options, Kit] | None = st.session_state.get(KIT + name)
    if held is not None and held[0] == options:
        return held[1]
    kit = bedrock.kit_of(name, options, transport=view.opened.transport)
    if kit.principal != UNKNOWN_PRINCIPAL:
        st.session_state[KIT + name] = (options, kit)
    return kit


def _kit(view: View, name: str, options: Options) -> None:
    kit = _made(view, name, options)
    parts = {} if kit.is_ours else bedrock_steps.role_parts(kit)
    tabs = iter(st.tabs(["Steps", *parts, "Replication"]))
    with next(tabs):
        _steps(bedrock_steps.LOGGING)
        if not kit.is_ours:
            _steps(bedrock_steps.role_steps(kit))
    for title, text in parts.items():
        with next(tabs):
            st.code(text, language="hcl" if title == "Terraform" else "json")
    with next(tabs):
        _steps(bedrock_steps.replication_steps(kit))
        for title, text in bedrock_steps.replication_parts(kit).items():
            st.markdown(f"**{title}**")
            st.code(text, language="json")


def _steps(text: str) -> None:
    """Draw steps that are numbered and wrapped for a terminal."""
    for pattern, spelled in (
        (r"\n +", " "),
        (r"(?m)^(\d)  ", r"\1. "),
        (r"arn:[\w:/*+=.@-]*[\w*]", r"`\g<0>`"),
    ):
        text = re.sub(pattern, spelled, text)
    st.markdown(text)
