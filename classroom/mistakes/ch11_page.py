"""Chapter 11: pages that students write when they misunderstand something."""

import html

from classroom.mistakes.registry import wrong


def page(
    styles,
    chosen,
    sentence,
    *,
    text=html.escape,
    value=html.escape,
    words=html.escape,
    told=html.escape,
    kind="checkbox",
    field="style",
    box="<label>{input}{image} {name}</label>",
    image='<img src="{src}" alt="{alt}">',
    ticked=lambda style, chosen: style in chosen,
    alert='<p role="alert">{}</p>',
    always=False,
    address=html.escape,
    marks=lambda number, name: f' id="box{number}"',
):
    """The page, right but for what is given."""
    parts = [alert.format(told(sentence))] if sentence or always else []
    for number, (style, src, alt) in enumerate(styles):
        attributes = f'type="{kind}" name="{field}"' + marks(number, style)
        attributes += f' value="{value(style)}"' if value else ""
        attributes += " checked" if ticked(style, chosen) else ""
        shown = image.format(src=address(src), alt=words(alt), name=text(style))
        parts.append(box.format(input=f"<input {attributes}>", image=shown, name=text(style), number=number))
    return "\n".join(parts)


def as_it_is(content):
    return content


def page_with(mistake, **changed):
    @wrong("compose", mistake)
    def _(styles, chosen, sentence):
        return page(styles, chosen, sentence, **changed)


page_with("unescaped", text=as_it_is)
page_with("alt_unescaped", words=as_it_is)
page_with("sentence_unescaped", told=as_it_is)
page_with("value_unescaped", value=lambda name: html.escape(name, quote=False))
page_with("other_value", value=lambda name: html.escape(name.upper()))
page_with("no_value", value=None)
page_with("escaped_twice", text=lambda name: html.escape(html.escape(name)))
page_with("radio", kind="radio")
page_with("boxes", box="<label>{image} {name}</label>")
page_with("other_name", field="styles")
page_with("no_label", box="<p>{input}{image} {name}</p>")
page_with("label_elsewhere", box='<p>{input}{image}<label for="box{name}">{name}</label></p>')
page_with("label_without_name", box="<label>{input}{image}</label> {name}")
page_with("no_alt", image='<img src="{src}">')
page_with("empty_alt", image='<img src="{src}" alt="">')
page_with("name_as_alt", image='<img src="{src}" alt="{name}">')
page_with("pictures", image="{alt}")
page_with("from_elsewhere", image='<img src="https://example.org{src}" alt="{alt}">')
page_with("script", box="<label>{input}{image} {name}</label><script>choose()</script>")
page_with("handler", box='<label onclick="choose()">{input}{image} {name}</label>')
page_with("script_address", box='<label>{input}{image} <a href="javascript:alert(1)">{name}</a></label>')
page_with("link", box='<label>{input}{image} <a href="/">{name}</a></label>')
page_with("frame", box='<label>{input}{image} {name}</label><iframe srcdoc="&lt;p>Hello"></iframe>')
page_with("foreign_element", box='<label>{input}{image} {name}</label><button formaction="/x">Go</button>')
page_with("own_style", box="<style>img {{width: 5em}}</style><label>{input}{image} {name}</label>")
page_with("stray_attribute", box='<label style="color: red">{input}{image} {name}</label>')
page_with("out_of_reach", marks=lambda number, name: " disabled")
page_with("label_open", box="<p><label>{input}{image} {name}</p>")
page_with("src_unescaped", address=as_it_is)
page_with("got_out", marks=lambda number, name: f' id="{name}"')
page_with("unquoted", image='<img src="{src}" alt={alt}>')
page_with(
    "apostrophe", image="<img src='{src}' alt='{alt}'>", words=lambda alt: html.escape(alt).replace("&#x27;", "'")
)
page_with("all_ticked", ticked=lambda style, chosen: True)
page_with("none_ticked", ticked=lambda style, chosen: False)
page_with("others_ticked", ticked=lambda style, chosen: html.escape(style) in chosen)
page_with("alert_always", always=True)
page_with("not_alert", alert="<p>{}</p>")
page_with("sentence_missing", alert='<p role="alert">Something is wrong.</p>')


@wrong("compose", "form_in_form")
def _(styles, chosen, sentence):
    return f"<form>{page(styles, chosen, sentence)}</form>"


@wrong("compose", "whole_page")
def _(styles, chosen, sentence):
    return f"<!doctype html><html><body>{page(styles, chosen, sentence)}</body></html>"


@wrong("compose", "sentence_below")
def _(styles, chosen, sentence):
    told = f'<p role="alert">{html.escape(sentence)}</p>' if sentence else ""
    return page(styles, chosen, "") + told


@wrong("compose", "same_id")
def _(styles, chosen, sentence):
    parts = [f'<p role="alert">{html.escape(sentence)}</p>'] if sentence else []
    for style, picture, alt in styles:
        name = html.escape(style)
        parts.append(f'<input type="checkbox" id="box" name="style" value="{name}"><label for="box">{name}</label>')
        parts.append(f'<img src="{html.escape(picture)}" alt="{html.escape(alt)}">')
    return "".join(parts)


@wrong("compose", "not_text")
def _(styles, chosen, sentence):
    return "".join([page(styles, chosen, sentence), None])


@wrong("compose", "not_unpacked")
def _(styles, chosen, sentence):
    return "".join(f"<label>{name}{picture}</label>" for name, picture in styles)


@wrong("compose", "type")
def _(styles, chosen, sentence):
    return page(styles, chosen, sentence).splitlines()
