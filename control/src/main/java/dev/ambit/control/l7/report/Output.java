package dev.ambit.control.l7.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.ToNumberPolicy;
import com.google.protobuf.Message;
import dev.ambit.envoy.EnvoyTypes;
import java.util.Map;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.representer.StandardRepresenter;

/// Trees of maps, lists, texts, numbers and booleans, as people and tools read them.
public final class Output {
    /// Long lines stay whole: an expression cut into two can't be searched for.
    private static final int YAML_WIDTH = 10_000;

    private static final Gson GSON =
            new GsonBuilder()
                    .setPrettyPrinting()
                    .disableHtmlEscaping()
                    .setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE)
                    .create();

    private Output() {}

    public static String json(Object tree) {
        return GSON.toJson(tree) + "\n";
    }

    public static String yaml(Object tree) {
        var settings =
                DumpSettings.builder()
                        .setDefaultFlowStyle(FlowStyle.BLOCK)
                        .setWidth(YAML_WIDTH)
                        .setIndicatorIndent(0)
                        .build();
        return new Dump(settings, new Quoting(settings)).dumpToString(tree);
    }

    /// Texts that some reader of YAML (Kubernetes' among them) takes for something else stay texts.
    private static final class Quoting extends StandardRepresenter {
        private static final Pattern AMBIGUOUS =
                Pattern.compile(
                        "(?i)|~|y|n|yes|no|on|off|true|false|null"
                                + "|[-+.]?[0-9][-+0-9._:eoxTZ]*|[-+]?\\.(inf|nan)");

        Quoting(DumpSettings settings) {
            super(settings);
        }

        @Override
        protected Node representScalar(Tag tag, String value, ScalarStyle style) {
            return tag.equals(Tag.STR) && AMBIGUOUS.matcher(value).matches()
                    ? super.representScalar(tag, value, ScalarStyle.DOUBLE_QUOTED)
                    : super.representScalar(tag, value, style);
        }
    }

    /// A message with all that is packed in it.
    public static Map<?, ?> tree(Message message) {
        return GSON.fromJson(EnvoyTypes.json(message), Map.class);
    }
}
