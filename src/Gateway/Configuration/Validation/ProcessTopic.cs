namespace Gateway.Configuration.Validation;

/// <summary>Checks the sections Limits, Checks and Shutdown.</summary>
internal sealed class ProcessTopic : IConfigTopic
{
    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        if (context.Config.Limits.MaxConnections is { } maxConnections)
        {
            Range.Check(context, "Limits:MaxConnections", maxConnections, 1, int.MaxValue);
        }

        if (context.Config.Limits.MaxWaitingResponses is { } maxWaiting)
        {
            Range.Check(context, "Limits:MaxWaitingResponses", maxWaiting, 1, int.MaxValue);
        }

        Range.Check(context, "Limits:MaxHandshakes", context.Config.Limits.MaxHandshakes, 1, int.MaxValue);
        Range.Check(context, "Checks:Timeout", context.Config.Checks.Timeout, TimeSpan.FromSeconds(1), Range.MaxTimeout);
        Range.Check(context, "Shutdown:DrainDelay", context.Config.Shutdown.DrainDelay, TimeSpan.Zero, Range.MaxTimeout);
        Range.Check(context, "Shutdown:DrainTimeout", context.Config.Shutdown.DrainTimeout, TimeSpan.Zero, Range.MaxTimeout);
        Range.Check(context, "Shutdown:DrainTimeoutJitter", context.Config.Shutdown.DrainTimeoutJitter, 0, 1);
    }
}
