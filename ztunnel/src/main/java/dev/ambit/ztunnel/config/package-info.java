/// From environment variables to settings.
@org.jspecify.annotations.NullMarked
package dev.ambit.ztunnel.config;
