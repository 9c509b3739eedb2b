"""Which backend a configuration gets, and every way to ask for one that cannot be."""

from __future__ import annotations

import importlib
import subprocess
import sys
from dataclasses import replace

import pytest

from real.errors import InfrastructureError, UnknownNameError, UsageError
from real.execution import Pool
from real.execution.backends import open_backend
from real.execution.config import BackendName, ExecutionCfg, Isolation

FUSION = ExecutionCfg(backend=BackendName.fusion, min_isolation=Isolation.external, fusion_url="http://localhost:8080")

MISTAKES = {
    "a typo": (ExecutionCfg(backend="fushion"), "unknown execution.backend 'fushion'\n  Did you mean fusion?"),
    "a level that is none": (ExecutionCfg(min_isolation="mediun"), "Did you mean medium?"),
    "fewer than no workers": (ExecutionCfg(workers=-1), "execution.workers is -1"),
    "fusion at a level that nobody can measure": (
        replace(FUSION, min_isolation=Isolation.medium),
        "min_isolation=external",
    ),
    "fusion at any level": (replace(FUSION, min_isolation=Isolation.weak), "min_isolation=external"),
    "external here": (ExecutionCfg(min_isolation=Isolation.external), "goes with execution.backend=fusion only"),
    "external on a cluster": (
        ExecutionCfg(backend=BackendName.ray, min_isolation=Isolation.external),
        "the backend is ray",
    ),
    "no server": (replace(FUSION, fusion_url=None), "needs execution.fusion_url"),
    "a server without a scheme": (replace(FUSION, fusion_url="localhost:8080"), "'localhost:8080'"),
    "a server without a name": (replace(FUSION, fusion_url="http://:80"), "the name of a server"),
    "a file": (replace(FUSION, fusion_url="file:///etc/passwd"), "http:// or https://"),
    "a port that is none": (replace(FUSION, fusion_url="http://host:99999"), "http:// or https://"),
    "a server that is not used": (ExecutionCfg(fusion_url="http://host"), "Add execution.backend=fusion."),
    "a cluster that is not used": (ExecutionCfg(ray_address="auto"), "Add execution.backend=ray."),
    "an address that is none": (ExecutionCfg(backend=BackendName.ray, ray_address="head"), "HOST:PORT"),
    "an address with a strange port": (ExecutionCfg(backend=BackendName.ray, ray_address="head:0"), "HOST:PORT"),
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
        ExecutionCfg(backend="docker").check()


@pytest.mark.parametrize("address", ["10.0.0.1:6379", "ray://head:10001", "[::1]:6379", "auto", "local"])
def test_addresses_of_a_cluster(address: str) -> None:
    ExecutionCfg(backend=BackendName.ray, ray_address=address).check()


@pytest.mark.parametrize("url", ["http://host", "https://host:8443/sandbox/", "http://10.0.0.7:8080"])
def test_addresses_of_a_server(url: str) -> None:
    replace(FUSION, fusion_url=url).check()


def test_the_default_is_the_local_pool() -> None:
    assert sorted(BackendName) == ["fusion", "local", "ray"]
    with open_backend(ExecutionCfg(workers=1)) as backend:
        assert isinstance(backend, Pool)


def test_without_ray_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # importing it then raises ImportError
    with pytest.raises(InfrastructureError, match=r"needs Ray(.|\n)*\[ray\]"):
        open_backend(ExecutionCfg(backend=BackendName.ray))


def test_choosing_imports_neither_ray_nor_a_client_for_it() -> None:
    code = (
        "import sys; from real.execution.backends import open_backend; from real.execution.config import ExecutionCfg;"
        "ExecutionCfg(backend='ray').check(); print(sorted({'ray', 'httpx', 'requests'} & set(sys.modules)))"
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
