"""The image and the compose file, read as text: no engine runs here, so every name in them is looked up instead."""

import re
import shlex
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import environ
import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from django.utils.dateparse import parse_duration

ROOT = Path(settings.BASE_DIR)
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if service.get("build"))
#: Read by the postgres image, not by us.
OF_AN_IMAGE = {"POSTGRES_PASSWORD", "POSTGRES_USER", "POSTGRES_DB"}


def names_read_by_the_settings() -> set[str]:
    text = (ROOT / "lumiku" / "settings.py").read_text()
    return set(re.findall(r"""env(?:\.\w+)?\(\s*["']([A-Z0-9_]+)["']""", text))


def names_in_the_example() -> set[str]:
    return set(re.findall(r"^#?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def commands_of(service: str) -> list[list[str]]:
    """The programs that a service runs, each with its arguments."""
    words = shlex.split(SERVICES[service]["command"])
    line = words[2] if words[:2] == ["sh", "-c"] else SERVICES[service]["command"]
    return [shlex.split(part) for part in line.split("&&")]


def dockerfile() -> list[list[str]]:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def seconds(duration: str) -> float:
    assert duration.endswith("s")
    parsed = parse_duration(duration.removesuffix("s"))
    assert parsed
    return parsed.total_seconds()


def run_a_program_that_exists(words: list[str]) -> None:
    """Fail unless what `words` start can be found: a console script, a module's attribute, a command of manage.py."""
    if words[0] == "python":
        assert (ROOT / words[1]).is_file()
        assert words[2] in get_commands()
        return
    assert words[0] in {script.name for script in metadata.entry_points(group="console_scripts")}
    if words[0] == "celery":
        assert import_module(f"{words[words.index('-A') + 1]}.celery").app.main == "lumiku"
    else:
        module, _colon, attribute = words[-1].partition(":")
        assert callable(getattr(import_module(module), attribute))


@pytest.mark.parametrize("service", OURS)
def test_every_command_of_ours_exists(service):
    programs = commands_of(service)

    for words in programs:
        run_a_program_that_exists(words)


def test_the_image_starts_a_program_that_exists():
    (start,) = [line for line in dockerfile() if line[0] == "CMD"]

    run_a_program_that_exists(yaml.safe_load(" ".join(start[1:])))


def test_there_is_a_service_for_every_process():
    assert {"web", "worker", "beat", "migrate", "postgres", "redis"} == set(SERVICES)


def test_everything_that_is_copied_into_the_image_exists_and_is_sent_to_the_engine():
    copied = [name.rstrip("/") for line in dockerfile() if line[0] == "COPY" for name in line[1:-1]]
    sent = {line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert copied
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert set(copied) == sent


def test_every_package_of_ours_is_in_the_image():
    copied = {name.rstrip("/") for line in dockerfile() if line[0] == "COPY" for name in line[1:-1]}

    assert {app.split(".")[0] for app in settings.INSTALLED_APPS if (ROOT / app.split(".")[0]).is_dir()} <= copied


def test_the_image_does_not_run_as_root_and_needs_no_compiler():
    lines = dockerfile()

    assert [line[1] for line in lines if line[0] == "USER"] == ["lumiku"]
    assert not [line for line in lines if "apt-get" in line]
    assert [word for line in lines for word in line if "binary" in word] == ["--only-binary=:all:"]


def test_every_variable_that_compose_asks_for_is_read_by_somebody():
    text = (ROOT / "docker-compose.yml").read_text()
    asked = set(re.findall(r"\$\{([A-Z0-9_]+)", text))
    given = {name for service in SERVICES.values() for name in service.get("environment", {})}

    assert asked | given <= names_read_by_the_settings() | OF_AN_IMAGE


def test_secrets_have_no_default():
    text = (ROOT / "docker-compose.yml").read_text()

    for name in ("SECRET_KEY", "JWT_SECRET", "POSTGRES_PASSWORD"):
        assert set(re.findall(rf"\$\{{{name}(..)", text)) == {":?"}


def test_addresses_point_at_services_that_exist():
    for service in OURS:
        given = SERVICES[service]["environment"]

        database = environ.Env.db_url_config(re.sub(r"\$\{[^}]*\}", "password", given["DATABASE_URL"]))
        redis = environ.urlparse(given["REDIS_URL"])

        assert SERVICES[database["HOST"]]["image"].startswith("postgres:")
        assert database["NAME"] == SERVICES[database["HOST"]]["environment"]["POSTGRES_DB"]
        assert database["USER"] == SERVICES[database["HOST"]]["environment"]["POSTGRES_USER"]
        assert redis.hostname in SERVICES


def test_redis_evicts_nothing_and_keeps_messages_over_a_restart():
    words = shlex.split(SERVICES["redis"]["command"])

    assert words[words.index("--maxmemory-policy") + 1] == "noeviction"
    assert words[words.index("--appendonly") + 1] == "yes"
    assert SERVICES["redis"]["volumes"]


def test_a_worker_that_is_stopped_has_time_to_finish_a_call():
    grace = seconds(SERVICES["worker"]["stop_grace_period"])

    assert grace >= settings.TIMES["call_deadline"] + 10


def test_servers_start_after_the_migration_and_the_migration_after_the_database():
    for service in set(OURS) - {"migrate"}:
        assert SERVICES[service]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert {"postgres", "redis"} <= {name for name, service in SERVICES.items() if "healthcheck" in service}


def test_only_the_web_service_is_reached_from_outside_and_only_from_this_machine():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert list(published) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in published["web"])


def test_the_health_check_asks_for_livez_under_a_name_that_is_served(client, settings):
    program = SERVICES["web"]["healthcheck"]["test"][-1]
    address = re.search(r"http://([\d.]+):4000(/\w+)", program)
    assert address
    settings.ALLOWED_HOSTS = SERVICES["web"]["environment"]["ALLOWED_HOSTS"].split(",")

    response = client.get(address[2], headers={"host": address[1]})

    assert response.status_code == 200
    compile(program, "healthcheck", "exec")


def test_every_volume_that_is_mounted_is_declared():
    mounted = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}

    assert mounted == set(COMPOSE["volumes"])


def test_the_example_names_exactly_what_is_read():
    assert names_in_the_example() - OF_AN_IMAGE == names_read_by_the_settings()


def test_every_name_in_the_example_has_a_comment_above_it():
    lines = (ROOT / ".env.example").read_text().splitlines()
    lonely = [
        line
        for above, line in zip(["", *lines], lines, strict=False)
        if re.match(r"#?[A-Z0-9_]+=", line) and not above.startswith("# ")
    ]

    assert lonely == []
    assert not [line for line in lines if re.match(r"#?[A-Z0-9_]+=.*\s#", line)]
