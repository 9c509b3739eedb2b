"""Which backend a configuration gets, and every way to ask for one that cannot be."""

from __future__ import annotations

import importlib
import subprocess
import sys
from dataclasses import replace

import pytest

from real.errors import InfrastructureError, UnknownNameError, UsageError
from real.execution import Pool
from real.execution.backends import BACKENDS, open_backend
from real.rewards import RewardCfg

FUSION = RewardCfg(backend="fusion", min_isolation="external", fusion_url="http://localhost:8080")

MISTAKES = {
    "a typo": (RewardCfg(backend="fushion"), "unknown reward.backend 'fushion'\n  Did you mean fusion?"),
    "a level that is none": (RewardCfg(min_isolation="mediun"), "Did you mean medium?"),
    "fewer than no workers": (RewardCfg(workers=-1), "reward.workers is -1"),
    "fusion at a level that nobody can measure": (replace(FUSION, min_isolation="medium"), "min_isolation=external"),
    "fusion at any level": (replace(FUSION, min_isolation="weak"), "min_isolation=external"),
    "external here": (RewardCfg(min_isolation="external"), "goes with reward.backend=fusion only"),
    "external on a cluster": (RewardCfg(backend="ray", min_isolation="external"), "the backend is ray"),
    "no server": (replace(FUSION, fusion_url=None), "needs reward.fusion_url"),
    "a server without a scheme": (replace(FUSION, fusion_url="localhost:8080"), "'localhost:8080'"),
    "a server without a name": (replace(FUSION, fusion_url="http://:80"), "the name of a server"),
    "a file": (replace(FUSION, fusion_url="file:///etc/passwd"), "http:// or https://"),
    "a port that is none": (replace(FUSION, fusion_url="http://host:99999"), "http:// or https://"),
    "a server that is not used": (RewardCfg(fusion_url="http://host"), "Add reward.backend=fusion."),
    "a cluster that is not used": (RewardCfg(ray_address="auto"), "Add reward.backend=ray."),
    "an address that is none": (RewardCfg(backend="ray", ray_address="head"), "HOST:PORT"),
    "an address with a strange port": (RewardCfg(backend="ray", ray_address="head:0"), "HOST:PORT"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_refused_before_anything_opens(name: str) -> None:
    cfg, message = MISTAKES[name]
    with pytest.raises(UsageError) as caught:
        cfg.check()
    assert message in str(caught.value)
    with pytest.raises(UsageError):
        open_backend(cfg)


def test_an_unknown_name_says_so_by_its_type() -> None:
    with pytest.raises(UnknownNameError):
        RewardCfg(backend="docker").check()


@pytest.mark.parametrize("address", ["10.0.0.1:6379", "ray://head:10001", "[::1]:6379", "auto", "local"])
def test_addresses_of_a_cluster(address: str) -> None:
    RewardCfg(backend="ray", ray_address=address).check()


@pytest.mark.parametrize("url", ["http://host", "https://host:8443/sandbox/", "http://10.0.0.7:8080"])
def test_addresses_of_a_server(url: str) -> None:
    replace(FUSION, fusion_url=url).check()


def test_the_default_is_the_local_pool() -> None:
    assert sorted(BACKENDS) == ["fusion", "local", "ray"]
    with open_backend(RewardCfg(workers=1)) as backend:
        assert isinstance(backend, Pool)


def test_without_ray_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # importing it then raises ImportError
    with pytest.raises(InfrastructureError, match=r"needs Ray(.|\n)*\[ray\]"):
        open_backend(RewardCfg(backend="ray"))


def test_choosing_imports_neither_ray_nor_a_client_for_it() -> None:
    code = (
        "import sys; from real.execution.backends import open_backend; from real.rewards import RewardCfg;"
        "RewardCfg(backend='ray').check(); print(sorted({'ray', 'httpx', 'requests'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_modules_for_ray_do_not_import_it_either() -> None:
    names = ("ray_actor", "ray_cluster", "ray_pool", "ray_worker_group")
    code = f"import importlib, sys; [importlib.import_module('real.execution.backends.' + n) for n in {names}];"
    done = subprocess.run(
        [sys.executable, "-c", f"{code} print('ray' in sys.modules)"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
    assert importlib.util.find_spec("ray") is not None  # so that the line above could have failed
