package dev.ambit.waypoint.proxy;

import dev.ambit.waypoint.model.HttpOptions;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;

/// Options with one of them changed.
final class Options {
    private Options() {}

    static HttpOptions streamIdle(HttpOptions from, Duration value) {
        return with(from, "streamIdleTimeout", value);
    }

    static HttpOptions maxStream(HttpOptions from, Duration value) {
        return with(from, "maxStreamDuration", value);
    }

    static HttpOptions with(HttpOptions from, String name, Object value) {
        var components = HttpOptions.class.getRecordComponents();
        var types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        var values = new Object[components.length];
        try {
            boolean known = false;
            for (int at = 0; at < values.length; at++) {
                boolean own = components[at].getName().equals(name);
                known |= own;
                values[at] = own ? value : components[at].getAccessor().invoke(from);
            }
            if (!known) {
                throw new IllegalArgumentException("no option " + name);
            }
            return HttpOptions.class.getConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
