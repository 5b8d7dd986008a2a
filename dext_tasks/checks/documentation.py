"""Pages of documentation that several families of rules go by."""

from __future__ import annotations

from typing import Final

LABEL_DOCS: Final = "https://docs.docker.com/extensions/extensions-sdk/extensions/labels/"
METADATA_DOCS: Final = "https://docs.docker.com/extensions/extensions-sdk/architecture/metadata/"
MULTI_ARCH_DOCS: Final = "https://docs.docker.com/extensions/extensions-sdk/extensions/multi-arch/"
HOST_BINARY_DOCS: Final = "https://docs.docker.com/extensions/extensions-sdk/guides/invoke-host-binaries/"
BACKEND_DOCS: Final = "https://docs.docker.com/extensions/extensions-sdk/build/backend-extension-tutorial/"
SERVICE_DOCS: Final = "https://github.com/compose-spec/compose-spec/blob/main/05-services.md"
