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
):
    """The page, right but for what is given."""
    parts = [alert.format(told(sentence))] if sentence or always else []
    for number, (style, src, alt) in enumerate(styles):
        attributes = f'type="{kind}" name="{field}" id="box{number}"'
        attributes += f' value="{value(style)}"' if value else ""
        attributes += " checked" if ticked(style, chosen) else ""
        shown = image.format(src=html.escape(src), alt=words(alt), name=text(style))
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
page_with("script", box='<label onclick="choose()">{input}{image} {name}</label>')
page_with("all_ticked", ticked=lambda style, chosen: True)
page_with("none_ticked", ticked=lambda style, chosen: False)
page_with("others_ticked", ticked=lambda style, chosen: html.escape(style) in chosen)
page_with("alert_always", always=True)
page_with("not_alert", alert="<p>{}</p>")
page_with("sentence_missing", alert='<p role="alert">Something is wrong.</p>')


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
