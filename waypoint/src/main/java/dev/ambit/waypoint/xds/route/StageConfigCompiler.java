package dev.ambit.waypoint.xds.route;

import com.google.protobuf.Any;
import dev.ambit.waypoint.route.StageConfigs;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// `typed_per_filter_config` of one level.
final class StageConfigCompiler {
    private static final String WRAPPED = "envoy.config.route.v3.FilterConfig";

    private StageConfigCompiler() {}

    static StageConfigs compile(
            CompileScope scope, Map<String, Any> configs, FilterCompilers compilers)
            throws Refused {
        if (configs.isEmpty()) {
            return StageConfigs.NONE;
        }
        var compiled = new HashMap<String, Object>();
        var disabled = new HashSet<String>();
        var enabled = new HashSet<String>();
        for (var entry : configs.entrySet()) {
            var name = entry.getKey();
            var field = "typed_per_filter_config[" + name + "]";
            var config = entry.getValue();
            boolean optional = false;
            if (CompileScope.type(config).equals(WRAPPED)) {
                var wrapped = CompileScope.unpack(field, config, FilterConfig.parser());
                if (wrapped.getDisabled()) {
                    disabled.add(name);
                    continue;
                }
                if (!wrapped.hasConfig() || wrapped.getConfig().getTypeUrl().isEmpty()) {
                    enabled.add(name);
                    continue;
                }
                optional = wrapped.getIsOptional();
                config = wrapped.getConfig();
            }
            // What is configured is switched on, too.
            enabled.add(name);
            var type = CompileScope.type(config);
            var compiler = compilers.perRoute(type);
            if (compiler.isPresent()) {
                try {
                    compiled.put(name, compiler.get().compile(scope, name, config));
                } catch (Refused e) {
                    throw e.in(field);
                }
            } else if (optional) {
                scope.skipped(field + ": " + type);
            } else {
                throw new Refused(field, type, "a filter's configuration that is known here");
            }
        }
        return new StageConfigs(Map.copyOf(compiled), Set.copyOf(disabled), Set.copyOf(enabled));
    }
}
