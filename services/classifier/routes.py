"""The operator's way to the model: GET and PUT /classifier/model, POST and GET /classifier/training."""

from __future__ import annotations

import asyncio
import binascii
from base64 import b64decode, b64encode
from typing import Any

from fastapi import Depends, Request
from pydantic import BaseModel

from services.classifier.classifying import Classifying
from services.classifier.model import Model, ModelUnfit
from services.classifier.study import Study
from services.classifier.training import Training
from shared.errors import Conflict
from shared.host import Host


class Sent(BaseModel):
    """A model as it travels: its bytes in base64 (RFC 4648, section 4)."""

    model: str


def add_routes(host: Host, study: Study, classifying: Classifying) -> None:
    """Put the routes into the application; all need the operator's token."""
    desk = Desk(study, Training(study, lambda: classifying.subjects, classifying.semantic))
    guarded: dict[str, Any] = {
        "dependencies": [Depends(host.operator)],
        "response_model": None,
        "include_in_schema": False,
    }
    add = host.web.add_api_route
    add("/classifier/model", desk.give, methods=["GET"], **guarded)
    add("/classifier/model", desk.take, methods=["PUT"], **guarded)
    add("/classifier/training", desk.train, methods=["POST"], status_code=202, **guarded)
    add("/classifier/training", desk.progress, methods=["GET"], **guarded)


class Desk:
    """What the routes do; each public method is one of them."""

    def __init__(self, study: Study, training: Training) -> None:
        self._study = study
        self._training = training

    async def give(self) -> dict[str, object]:
        """The model as it is now, with all that it takes to go on learning."""
        await self._study.catch_up()
        model = self._study.model
        return {"version": model.version, "learned": model.learner.learned, "model": b64encode(model.pack()).decode()}

    async def take(self, request: Request) -> dict[str, object]:
        """Put a model that was exported in the place of the one that is here; what is kept to train from stays."""
        sent = Sent.model_validate_json(await request.body())
        try:
            model = await asyncio.to_thread(Model.unpack, b64decode(sent.model, validate=True))
        except binascii.Error as error:
            raise ModelUnfit("the model is no base64") from error
        cut = await self._study.cut()
        await self._study.catch_up()
        model.position = self._study.model.position
        if not await self._study.replace(model, uncut_since=cut):
            raise Conflict("another model was put in place or kept meanwhile; try again")
        return {"version": model.version, "learned": model.learner.learned}

    async def train(self) -> dict[str, object]:
        """Begin to learn again from all documents that are kept with their subject."""
        return self._training.start().facts()

    async def progress(self) -> dict[str, object]:
        """How far the training is."""
        return self._training.progress.facts()
