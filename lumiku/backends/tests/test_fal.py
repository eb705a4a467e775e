import base64
import hashlib
import io
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from lumiku.backends import JobBackend
from lumiku.backends.fal import JOB
from lumiku.backends.tests import stub_pictures
from lumiku.backends.tests.fal_calls import FLUX, KEY, backend, collected, failure, request


def picture_in(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


# ---- What is asked -------------------------------------------------------------------------------------------------


def test_an_order_carries_the_product_s_recipe_and_its_pictures_do_not_stay_at_the_provider(queue):
    backend(queue.url).submit(request(seed=3))

    (job,) = queue.jobs.values()
    assert job.app == FLUX
    assert job.body == {
        "prompt": "a woman in a red dress",
        "image_size": {"width": 512, "height": 640},
        "seed": 3,
        "num_inference_steps": 28,
        "guidance_scale": 3.5,
        "num_images": 1,
        "enable_safety_checker": True,
        "output_format": "png",
    }
    (headers,) = queue.headers["submit"]
    assert headers["authorization"] == f"Key {KEY}"
    assert json.loads(headers["x-fal-object-lifecycle-preference"]) == {"expiration_duration_seconds": 86_400}


def test_the_skeleton_goes_along_pixel_by_pixel_as_a_pose(queue):
    skeleton = Image.effect_noise((512, 640), 80).convert("RGB")

    backend(queue.url).submit(request(control=skeleton))

    (job,) = queue.jobs.values()
    (union,) = job.body["controlnet_unions"]
    (control,) = union["controls"]
    sent = picture_in(control.pop("control_image_url"))
    assert (sent.format, sent.tobytes()) == ("PNG", skeleton.tobytes())
    assert union["path"] == "Shakker-Labs/FLUX.1-dev-ControlNet-Union-Pro"
    assert control == {
        "control_mode": "pose",
        "conditioning_scale": 0.7,
        "start_percentage": 0.0,
        "end_percentage": 0.8,
    }


@pytest.mark.parametrize(("wanted", "sent"), [(False, False), (True, True)])
def test_the_photo_of_the_avatar_is_sent_only_where_the_operator_wants_it(queue, wanted, sent):
    backend(queue.url, reference=wanted).submit(request(reference=Image.radial_gradient("L").convert("RGB")))

    (job,) = queue.jobs.values()
    assert ("reference_image_url" in job.body) is sent
    assert not sent or picture_in(job.body["reference_image_url"]).size == (256, 256)


def test_a_model_that_is_not_known_to_take_pictures_gets_none_and_claims_nothing(queue):
    painter = backend(queue.url, model="fal-ai/flux/schnell", reference=True)

    painter.submit(request(control=Image.new("RGB", (512, 640)), reference=Image.new("RGB", (256, 256))))

    (job,) = queue.jobs.values()
    assert job.app == "fal-ai/flux/schnell"
    assert not {"controlnet_unions", "reference_image_url"} & set(job.body)
    assert job.body["num_inference_steps"] == 4
    assert painter.supports == {"seed", "scene"}


def test_what_the_backend_obeys_and_its_licence_are_said_honestly():
    assert backend().supports == {"seed", "scene", "control"}
    assert backend(reference=True).supports == {"seed", "scene", "control", "reference"}
    assert backend().label == "flux-general at fal.ai"
    assert "commercial" in backend().licence
    assert "Apache-2.0" in backend(model="fal-ai/flux/schnell").licence
    assert "acme/other" in backend(model="acme/other").licence
    assert isinstance(backend(), JobBackend)


# ---- From the order to the picture ---------------------------------------------------------------------------------


def test_the_picture_comes_back_as_the_provider_sent_it(queue):
    painting = collected(queue)

    (job,) = queue.jobs.values()
    assert painting.data == stub_pictures.picture(512, 640, 7)
    assert (painting.image.mode, painting.image.size, painting.seed) == ("RGB", (512, 640), 7)
    assert painting.request_id == job.id


def test_a_job_is_waited_for_through_queue_and_painting_with_growing_pauses(queue):
    queue.delay = 0.4  # looks 0.05 seconds apart would be nine
    painter = backend(queue.url, deadline=20)
    job = painter.submit(request())
    began = time.monotonic()

    painter.collect(job, request())

    assert 0.35 < time.monotonic() - began < 4
    assert 4 <= queue.report()["statuses"] <= 7
    assert queue.report()["in_flight"] == 0


def test_a_submission_returns_long_before_its_picture_is_ready(queue):
    queue.delay = 60
    began = time.monotonic()

    job = backend(queue.url).submit(request())

    assert time.monotonic() - began < 1
    assert len(job) <= 200
    assert JOB.fullmatch(job)
    assert queue.report()["in_flight"] == 1


def test_a_job_outlives_its_deadline_and_another_instance_collects_it(queue):
    queue.delay = 1
    job = backend(queue.url).submit(request())

    error, seconds = failure(lambda: backend(queue.url, deadline=0.4).collect(job, request()))
    painting = backend(queue.url, deadline=10).collect(job, request())

    assert (error.code, error.retryable, error.account, error.retry_after) == ("running", True, False, None)
    assert seconds < 0.9
    assert painting.data == stub_pictures.picture(512, 640, 7)
    assert queue.report()["submitted"] == queue.report()["collected"] == 1


def test_a_new_process_collects_the_job_of_one_that_is_gone_without_a_second_submission(queue):
    queue.delay = 1
    job = backend(queue.url).submit(request())
    program = (
        "import hashlib, sys; from lumiku.backends import ImageRequest; from lumiku.backends.fal import FalBackend\n"
        "key, url, job = sys.argv[1:]\n"
        "painter = FalBackend(token=key, model='fal-ai/another-one-by-now', base_url=url, deadline=20)\n"
        "painting = painter.collect(job, ImageRequest(prompt='', width=512, height=640, seed=7))\n"
        "print(hashlib.sha256(painting.data).hexdigest())"
    )

    run = subprocess.run(
        [sys.executable, "-c", program, KEY, queue.url, job], capture_output=True, text=True, timeout=60
    )

    assert run.stdout.strip() == hashlib.sha256(stub_pictures.picture(512, 640, 7)).hexdigest(), run.stderr
    assert queue.report()["submitted"] == 1


def test_twenty_jobs_at_once_get_each_their_own_picture(queue):
    queue.delay = 1
    painter = backend(queue.url, deadline=20)

    with ThreadPoolExecutor(20) as pool:
        paintings = list(pool.map(lambda seed: painter.paint(request(seed, 128, 128)), range(20)))

    assert [p.data for p in paintings] == [stub_pictures.picture(128, 128, seed) for seed in range(20)]
    assert len({p.request_id for p in paintings}) == 20
    assert queue.report()["submitted"] == queue.report()["collected"] == 20
    assert queue.max_in_flight >= 10


# ---- Giving up -----------------------------------------------------------------------------------------------------


def test_a_job_that_is_given_up_is_cancelled_and_then_lost(queue):
    queue.delay = 60
    painter = backend(queue.url)
    job = painter.submit(request())

    painter.stop(job)

    assert (queue.report()["cancelled"], queue.report()["in_flight"]) == (1, 0)
    assert failure(lambda: painter.collect(job, request()))[0].code == "lost"


def test_giving_up_what_has_ended_or_is_gone_is_no_error(queue):
    painter = backend(queue.url)

    painter.stop(painter.submit(request()))
    painter.stop(f"{FLUX}:0123456789")

    assert (queue.report()["cancels"], queue.report()["cancelled"]) == (2, 0)


@pytest.mark.parametrize(
    ("fault", "code"), [("401", "account"), ("503", "busy"), ("400", "refused"), ("reset", "unreachable")]
)
def test_a_job_that_could_not_be_given_up_is_told(queue, fault, code):
    painter = backend(queue.url)
    job = painter.submit(request())
    queue.fail_next("cancel", fault)

    assert failure(lambda: painter.stop(job))[0].code == code
