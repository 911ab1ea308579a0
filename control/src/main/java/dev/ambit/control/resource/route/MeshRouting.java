package dev.ambit.control.resource.route;

import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.route.RouteParts.Retry;
import java.util.List;
import java.util.Optional;

/// MeshConfig's part about routes.
///
/// @param retry `defaultHttpRetryPolicy`, of rules that say nothing
/// @param exportTo `defaultVirtualServiceExportTo`
public record MeshRouting(Optional<Retry> retry, List<String> exportTo) {
    public MeshRouting {
        exportTo = List.copyOf(exportTo);
    }

    public static MeshRouting defaults() {
        return new MeshRouting(Optional.empty(), List.of("*"));
    }

    /// @param top the whole of MeshConfig
    public static MeshRouting read(Fields top) {
        var exportTo = top.texts("defaultVirtualServiceExportTo");
        return new MeshRouting(
                top.child("defaultHttpRetryPolicy").map(HttpPartsReader::retry),
                exportTo.isEmpty() ? defaults().exportTo() : exportTo);
    }
}
