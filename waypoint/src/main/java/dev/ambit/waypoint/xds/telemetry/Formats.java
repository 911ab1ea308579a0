package dev.ambit.waypoint.xds.telemetry;

import dev.ambit.waypoint.telemetry.format.FormatContext;
import dev.ambit.waypoint.telemetry.format.FormatFault;
import dev.ambit.waypoint.telemetry.format.JsonFormat;
import dev.ambit.waypoint.telemetry.format.Operator;
import dev.ambit.waypoint.telemetry.format.TextFormat;
import dev.ambit.waypoint.telemetry.log.LineSink;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Formats out of the configuration.
final class Formats {
    /// Envoy's default for access logs.
    static final String DEFAULT =
            "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\""
                    + " %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION%"
                    + " %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\""
                    + " \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\""
                    + " \"%UPSTREAM_HOST%\"\n";

    private Formats() {}

    /// The older way to say a format is still said.
    @SuppressWarnings("deprecation")
    static LineSink.Line line(SubstitutionFormatString format, FormatContext context)
            throws Refused {
        boolean omit = format.getOmitEmptyValues();
        return switch (format.getFormatCase()) {
            case TEXT_FORMAT -> text(format.getTextFormat(), context, omit);
            case TEXT_FORMAT_SOURCE -> text(source(format.getTextFormatSource()), context, omit);
            case JSON_FORMAT -> json(Plain.map(format.getJsonFormat()), context, omit);
            case FORMAT_NOT_SET -> text(DEFAULT, context, omit);
        };
    }

    static LineSink.Line text(String format, FormatContext context, boolean omit) throws Refused {
        try {
            return new LineSink.Line.Text(TextFormat.compile(format, context, omit));
        } catch (FormatFault fault) {
            throw refused(format, fault);
        }
    }

    static LineSink.Line json(
            Map<String, @Nullable Object> format, FormatContext context, boolean omit)
            throws Refused {
        try {
            return new LineSink.Line.Json(JsonFormat.compile(format, context, omit));
        } catch (FormatFault fault) {
            throw refused(format.toString(), fault);
        }
    }

    static List<Operator> parts(String format, FormatContext context) throws Refused {
        try {
            return TextFormat.parts(format, context);
        } catch (FormatFault fault) {
            throw refused(format, fault);
        }
    }

    private static Refused refused(String format, FormatFault fault) {
        return new Refused("log_format", format, "a format that Envoy 1.40 knows: " + fault.text());
    }

    private static String source(DataSource source) throws Refused {
        return switch (source.getSpecifierCase()) {
            case INLINE_STRING -> source.getInlineString();
            case INLINE_BYTES -> source.getInlineBytes().toStringUtf8();
            case FILENAME -> {
                try {
                    yield Files.readString(Path.of(source.getFilename()), StandardCharsets.UTF_8);
                } catch (IOException missing) {
                    throw new Refused(
                            "text_format_source.filename",
                            source.getFilename(),
                            "a file that can be read: " + missing.getMessage());
                }
            }
            case ENVIRONMENT_VARIABLE, SPECIFIER_NOT_SET ->
                    throw new Refused(
                            "text_format_source",
                            source.getSpecifierCase().name(),
                            "inline_string, inline_bytes or filename");
        };
    }
}
