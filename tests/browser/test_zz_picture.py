import json, shutil
from playwright.sync_api import expect
def test_pic(open_notebook, lab, root, pictures):
    source = root / "notebooks" / "01_quickstart.ipynb"
    shutil.copyfile(source, lab.folder / "01_quickstart.ipynb")
    at = {cell["id"]: place for place, cell in enumerate(json.loads(source.read_text())["cells"])}
    n = open_notebook("01_quickstart.ipynb")
    n.page.set_viewport_size({"width":1180,"height":760})
    n.command("application:toggle-left-area")
    n.run(at["load"])
    n.run(at["run"])
    p = n.panel(at["run"])
    n.page.wait_for_function("() => { const b=document.querySelector('.jp-tracker-bar'); return b && Number(b.getAttribute('aria-valuenow'))>62 }", timeout=60000)
    box=p.bounding_box()
    n.page.screenshot(path=pictures/"run-panel.png", clip={"x":box["x"]-1,"y":box["y"]-1,"width":box["width"]+2,"height":box["height"]+2})
    n.run(at["wait"])
    for k in ("matrix","roc","frames"):
        n.run(at[k],120)
        n.page.wait_for_timeout(300)
        n.cell(at[k]).screenshot(path=pictures/f"cell-{k}.png")
