"""The address that monitors read: figures as text, for whoever carries the token and for admins."""

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from csm_portal.portal.ops.door import carries_token, is_admin
from csm_portal.portal.ops.metrics import State, registry_of
from csm_portal.portal.ops.nights import owed_days, runs_by_state
from csm_portal.portal.ops.vitals import broker_answers, read_vitals


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures of the portal's own health. 401 without a token, 404 for those signed in as anything but admin, 503 without a database."""
    now = timezone.now()
    try:
        if not carries_token(request, settings.METRICS_TOKEN) and not is_admin(request):
            return _refused(signed_in=request.user.is_authenticated)
        vitals = read_vitals(now)
        state = State(vitals, runs_by_state(), len(owed_days(vitals.as_of, now)), broker_answers(), now)
    except DatabaseError as error:
        return HttpResponse(f"database failed: {type(error).__name__}\n", content_type="text/plain", status=503)
    return HttpResponse(generate_latest(registry_of(state)), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _refused(*, signed_in: bool) -> HttpResponse:
    if signed_in:
        return HttpResponse("not found\n", content_type="text/plain", status=404)
    answer = HttpResponse("Send Authorization: Bearer and the installation's METRICS_TOKEN.\n", content_type="text/plain", status=401)
    answer["WWW-Authenticate"] = 'Bearer realm="metrics"'
    return answer
