namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// A destination's connection ended before the first byte of the response. An exception, because the HTTP client passes nothing else
/// on.
/// </summary>
/// <param name="isReused">Whether the connection had carried earlier requests. If so, the destination may have closed it while the request
/// was on its way.</param>
/// <param name="cause">The error that ended the connection; null: the destination closed it in order.</param>
internal sealed class NoAnswerException(bool isReused, Exception? cause)
    : IOException(cause?.Message ?? "the destination closed the connection before it answered", cause)
{
    /// <summary>Whether the connection had carried earlier requests.</summary>
    public bool IsReused { get; } = isReused;

    /// <summary>The exception of this type in the chain of <paramref name="failed"/>, or null.</summary>
    public static NoAnswerException? Behind(Exception? failed)
    {
        while (failed is not null and not NoAnswerException)
        {
            failed = failed.InnerException;
        }

        return failed as NoAnswerException;
    }
}
