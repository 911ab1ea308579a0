package dev.ambit.process.admin;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/// `/metrics` and `/stats/prometheus`: OpenMetrics text, under the content type that is asked for,
/// packed if the reader takes it.
public final class MetricsPage implements Function<Ask, Answer> {
    private static final String OPEN_METRICS =
            "application/openmetrics-text;charset=utf-8;version=1.0.0";
    private static final String PLAIN = "text/plain; charset=utf-8";

    private final Supplier<byte[]> exposition;

    public MetricsPage(Supplier<byte[]> exposition) {
        this.exposition = exposition;
    }

    /// Ways to pack a body that the Java runtime knows; the reference has brotli and zstd too.
    enum Coding {
        GZIP("gzip"),
        DEFLATE("deflate"),
        IDENTITY("identity");

        private final String label;

        Coding(String label) {
            this.label = label;
        }

        /// The one that the reader likes best, RFC 9110 section 12.5.3; gzip where it likes several
        /// alike. What can't be read is skipped.
        static Coding of(String acceptEncoding) {
            var best = IDENTITY;
            double liked = 0;
            for (var part : acceptEncoding.split(",", -1)) {
                var fields = part.strip().split("\\s*;\\s*", -1);
                double weight = weight(fields);
                for (var coding : values()) {
                    boolean named =
                            fields[0].equalsIgnoreCase(coding.label)
                                    || (coding == GZIP
                                            && (fields[0].equals("*")
                                                    || fields[0].equalsIgnoreCase("x-gzip")));
                    if (named && weight > liked) {
                        best = coding;
                        liked = weight;
                    } else if (named && weight == liked && coding.ordinal() < best.ordinal()) {
                        best = weight > 0 ? coding : best;
                    }
                }
            }
            return best;
        }

        private static double weight(String[] fields) {
            for (int i = 1; i < fields.length; i++) {
                if (fields[i].startsWith("q=")) {
                    try {
                        return Double.parseDouble(fields[i].substring(2));
                    } catch (NumberFormatException nonsense) {
                        return 0;
                    }
                }
            }
            return 1;
        }
    }

    @Override
    public Answer apply(Ask ask) {
        boolean open =
                ask.header("accept").filter(a -> a.contains("application/openmetrics")).isPresent();
        var coding = ask.header("accept-encoding").map(Coding::of).orElse(Coding.IDENTITY);
        var body =
                Answer.of(200, open ? OPEN_METRICS : PLAIN, text(coding))
                        .with("vary", "accept-encoding");
        return coding == Coding.IDENTITY ? body : body.with("content-encoding", coding.label);
    }

    private byte[] text(Coding coding) {
        var bytes = new ByteArrayOutputStream();
        try (OutputStream out =
                switch (coding) {
                    case GZIP -> new GZIPOutputStream(bytes);
                    case DEFLATE -> new DeflaterOutputStream(bytes);
                    case IDENTITY -> bytes;
                }) {
            out.write(exposition.get());
        } catch (IOException impossible) {
            throw new IllegalStateException("writing to memory", impossible);
        }
        return bytes.toByteArray();
    }
}
