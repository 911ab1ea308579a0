package dev.ambit.control.resource.extend;

import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.TargetRef;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Something that was to run inside a proxy.
public sealed interface Extension extends Resource {
    List<TargetRef> targets();

    /// Of pods; it never selects a waypoint.
    Optional<Map<String, String>> selector();

    /// What it would have meant for traffic that it is not there.
    Absence absence();

    /// Which traffic it would have seen.
    Layer layer();

    enum Absence {
        /// It decides who is let in: without it nobody is.
        REFUSE,
        /// Traffic goes on as if it was not there.
        PASS
    }

    enum Layer {
        HTTP,
        TCP,
        BOTH
    }

    /// Where in the order of filters.
    enum Phase {
        UNSPECIFIED_PHASE,
        UNSPECIFIED,
        AUTHN,
        AUTHZ,
        STATS;

        boolean decides() {
            return this == AUTHN || this == AUTHZ;
        }
    }

    /// A WebAssembly module.
    ///
    /// @param failOpen its author wants traffic to go on when it can't be loaded
    record WasmPlugin(
            Meta meta,
            Optional<Map<String, String>> selector,
            List<TargetRef> targets,
            Phase phase,
            boolean failOpen,
            Layer layer)
            implements Extension {
        public WasmPlugin {
            targets = List.copyOf(targets);
        }

        @Override
        public Absence absence() {
            return phase.decides() && !failOpen ? Absence.REFUSE : Absence.PASS;
        }
    }

    /// A WebAssembly module or a Lua script.
    ///
    /// @param language `wasm` or `lua`
    record TrafficExtension(
            Meta meta,
            Optional<Map<String, String>> selector,
            List<TargetRef> targets,
            Phase phase,
            String language,
            boolean failOpen,
            Layer layer)
            implements Extension {
        public TrafficExtension {
            targets = List.copyOf(targets);
        }

        @Override
        public Absence absence() {
            return phase.decides() && !failOpen ? Absence.REFUSE : Absence.PASS;
        }
    }

    /// Patches of Envoy's configuration.
    ///
    /// @param guards names of filters that let in or refuse, which it would have put in
    record EnvoyFilter(
            Meta meta,
            Optional<Map<String, String>> selector,
            List<TargetRef> targets,
            List<String> guards,
            Layer layer)
            implements Extension {
        public EnvoyFilter {
            targets = List.copyOf(targets);
            guards = List.copyOf(guards);
        }

        @Override
        public Absence absence() {
            return guards.isEmpty() ? Absence.PASS : Absence.REFUSE;
        }
    }
}
