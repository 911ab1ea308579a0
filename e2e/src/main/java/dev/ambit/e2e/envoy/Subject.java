package dev.ambit.e2e.envoy;

import com.google.gson.JsonObject;
import dev.ambit.e2e.lab.Lab;
import dev.ambit.e2e.lab.ProcessSpec;
import dev.ambit.e2e.lab.Running;
import dev.ambit.identity.ca.LocalAuthority;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/// Which waypoint stands in the lab.
public sealed interface Subject permits EnvoySubject, AmbitSubject {
    /// Where it is started.
    ///
    /// @param core the only processor it may use, where that matters
    /// @param node its xDS node: `id`, `cluster`, `metadata`
    /// @param xds socket of the control plane, secrets and CA
    record Place(
            Lab lab,
            Path files,
            JsonObject node,
            Path xds,
            LocalAuthority authority,
            OptionalInt core) {
        ProcessSpec pinned(ProcessSpec spec) {
            return core.isPresent() ? spec.onCore(core.getAsInt()) : spec;
        }
    }

    Running start(Place place) throws IOException;

    /// Whether it lacks what only Istio's build of Envoy has.
    boolean vanilla();

    /// Whether it asks the control plane over TLS.
    boolean tls();

    /// Whether what it was sent is at work.
    boolean ready(Place place);

    /// What it counts as refused.
    List<String> refused(Place place);

    /// A page of its.
    String admin(Place place, String path);
}
