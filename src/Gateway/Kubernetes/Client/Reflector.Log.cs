namespace Gateway.Kubernetes.Client;

/// <content>The log lines.</content>
internal sealed partial class Reflector<T>
{
    private static partial class Log
    {
        [LoggerMessage(
            1150,
            LogLevel.Warning,
            "The {Resource} of the API server {Server} cannot be followed; what is known stays in use, and it is tried again: {Problem}"
        )]
        public static partial void Lost(ILogger logger, string resource, Uri server, string problem);

        [LoggerMessage(1151, LogLevel.Information, "The {Resource} of the API server {Server} are followed again (before: {Problem})")]
        public static partial void Found(ILogger logger, string resource, Uri server, string problem);

        [LoggerMessage(1152, LogLevel.Debug, "The API server no longer knows version {Version} of its {Resource}: they are listed anew")]
        public static partial void Gone(ILogger logger, string resource, string? version);

        [LoggerMessage(1153, LogLevel.Warning, "A change of the {Resource} is left out, because the object cannot be read: {Problem}")]
        public static partial void Unreadable(ILogger logger, string resource, string? problem);
    }
}
