"""Every network of the zoo, of which ``make test`` opens one for each style."""

from drawing_fixtures import run_under_node, write_zoo
from network_zoo import ZOO


def test_networks_in_all_styles_are_opened_and_answer_as_pytorch_does(tmp_path):
    run_under_node("zoo", write_zoo(tmp_path, list(ZOO)))
