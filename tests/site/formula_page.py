"""A site of pages with formulas in every place where one can stand, and of one without any."""

import shutil
from base64 import b64decode
from pathlib import Path

import nbformat
import yaml
from bookkit.sphinx.site import run_sphinx
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).parents[2]
FILES = ("pyproject.toml", "_config.yml", "_toc.yml")  # tell that this is the folder of a book
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TEXT = r"""# Why $w^2$ grows

It grows with $(0 - \text{mean}) / \text{standard deviation}$, $w$ and with $w_1$, (also with $\ln 10 = 2.30$).

## The number $\eta$

$$ \frac{1}{2} + \sqrt{x} $$ (eq-half)

By {eq}`eq-half`, or {math}`\RR^3`, and $H_\text{out} = \lfloor (H + 2P - K) / S \rfloor + 1 = 28 + 28 + 28 + 28$.

\begin{align}
a &= b \\
c &= d
\end{align}

$$
1000000 + 2000000 + 3000000 + 4000000 + 5000000 + 6000000 + 7000000 + 8000000 + 9000000
= \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}
$$

| name | formula |
|---|---|
| in a cell | $\alpha$ |

```{figure} pixel.png
:alt: A pixel of $w^2$.
A caption with $\beta$.
```

:::{admonition} A title with $\gamma$
:class: tip
A box with $\delta$.
:::

```{glossary}
kernel
    A term with $\kappa$.
```
"""
LATEX = new_output("display_data", {"text/latex": r"$\displaystyle \int x$", "text/plain": "∫x"})
HTML = new_output(
    "display_data", {"text/html": r"<p>A table of \(z_1 < z_2\), <code>\(z_3\)</code></p>"}
)


def make(folder: Path, text: str = TEXT) -> tuple[int, Path]:
    """Make the site; return Sphinx's answer and the site's folder."""
    stage, site = folder / "stage", folder / "html"
    (stage / "book").mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    if not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
    toc = "format: jb-book\nroot: index\nchapters:\n- file: page\n- file: plain\n"
    (stage / "_toc.yml").write_text(toc, encoding="utf-8")
    (stage / "_config.yml").write_text(yaml.safe_dump(configuration()), encoding="utf-8")
    (stage / "index.md").write_text("# Book\n\nWithout a formula.\n", encoding="utf-8")
    (stage / "plain.md").write_text("# Plain\n\nWithout one, too.\n", encoding="utf-8")
    (stage / "pixel.png").write_bytes(b64decode(PIXEL))
    cells = [new_markdown_cell(text), new_code_cell("made()", outputs=[LATEX, HTML])]
    kernel = {"kernelspec": {"name": "python3", "display_name": "P"}}
    language = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel | language), stage / "page.ipynb")
    return run_sphinx(str(stage), str(site)), site


def configuration() -> dict:
    """The book's configuration, with a macro, for pages of which none is executed."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["execute"]["execute_notebooks"] = "off"
    config["title"] = "Book"
    config.pop("bibtex_bibfiles")
    config["html"].pop("favicon", None)
    config["sphinx"]["config"].pop("bibtex_reference_style")
    config["sphinx"]["config"]["html_static_path"] = []
    config["sphinx"]["config"].pop("html_css_files")
    config["sphinx"]["config"]["html_context"].pop("preload_fonts")
    config["sphinx"]["config"]["mathjax3_config"] = {"tex": {"macros": {"RR": r"\mathbb{R}"}}}
    return config
