"""That the tests see what keeps readers out: pale texts of every look, and parts without names."""

from accessibility import accessibility_faults, contrast_faults

PAGE = """<!doctype html><html lang="en"><title>A page</title><body style="background: white">
<main><p>Black on white.</p><p>Black on white, again.</p>{more}</main></body></html>"""


def faults_on(chromium, more: str) -> tuple[list[str], list[str]]:
    context = chromium.new_context()
    page = context.new_page()
    page.set_content(PAGE.format(more=more))
    found, contrast = accessibility_faults(page), contrast_faults(page)
    context.close()
    return [fault for fault in found if fault not in contrast], contrast


def test_a_sound_page_has_no_faults(chromium):
    assert faults_on(chromium, "<button>Run</button>") == ([], [])


def test_every_pale_look_is_told_once(chromium):
    pale = '<p class="pale" style="color: #aaa">Pale.</p>' * 3
    dark = '<div style="background: #333"><p class="dark">Black on grey.</p></div>'
    others, contrast = faults_on(chromium, pale + dark)
    assert others == []
    assert [fault.split('"')[1] for fault in contrast] == ["pale", "dark"]


def test_a_button_without_a_name_is_told(chromium):
    others, contrast = faults_on(chromium, "<button></button>")
    assert len(others) == 1 and others[0].startswith("button-name") and contrast == []


def test_a_look_that_was_measured_on_another_page_is_not_measured_again(chromium):
    page = chromium.new_page()
    measured: set[str] = set()
    for more, told in (("#aaa", ["aaa"]), ("#aaa", []), ("#bbb", ["bbb"])):
        page.set_content(PAGE.format(more=f'<p class="{more[1:]}" style="color: {more}">Pale.</p>'))
        found = contrast_faults(page, measured=measured)
        assert [fault.split('"')[1] for fault in found] == told
    page.close()
