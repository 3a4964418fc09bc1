"""From a model file of any maker to a deploy folder that a model service will load."""

import shutil
import tempfile
from pathlib import Path

from services.model_server.artifacts.description import artifact_of
from services.model_server.deploy import Deploy
from services.model_server.loading import load_model, sha256_of
from services.publish.deploy_folders import check_folder, deploy_of, write_folder
from services.publish.description_draft import DescriptionDraft


def import_model(model: Path, draft: DescriptionDraft, folder: Path, *, replace: bool = False) -> Deploy:
    """See that a model file loads as it is described, and write its deploy folder.

    A pickle's code is run by this. An ONNX model takes the weights beside it into its one file.

    Raises:
        NotFound: there is no such file.
        InvalidInput: something is missing or wrong, or the model does not fit it; or a package is missing.
        Conflict: the folder is another version's, or this one's and not to be replaced.
        StorageError: the folder cannot be written.
    """
    deploy = deploy_of(model, draft)
    check_folder(folder, deploy.project, deploy.version, replace=replace)
    content = artifact_of(model)
    load_model(model.parent, deploy, content, sha256_of(content))
    with tempfile.TemporaryDirectory(prefix="relevo-") as private:
        if content != model.read_bytes():
            made = Path(private) / model.name
            made.write_bytes(content)
            shutil.copystat(model, made)
            model = made
        return write_folder(model, draft, folder, replace=replace)
