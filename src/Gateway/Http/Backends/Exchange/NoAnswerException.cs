namespace Gateway.Http.Backends.Exchange;

/// <summary>A destination's connection ended before a byte of the answer. The HTTP client passes on nothing but exceptions.</summary>
/// <param name="isReused">Whether the connection had answered requests before: then the destination may have closed it while the request
/// was on its way.</param>
/// <param name="cause">What ended it; null: the destination closed it in order.</param>
internal sealed class NoAnswerException(bool isReused, Exception? cause)
    : IOException(cause?.Message ?? "the destination closed the connection before it answered", cause)
{
    /// <summary>Whether the connection had answered requests before.</summary>
    public bool IsReused { get; } = isReused;

    /// <summary>The one behind <paramref name="failed"/>, or null.</summary>
    public static NoAnswerException? Behind(Exception? failed)
    {
        while (failed is not null and not NoAnswerException)
        {
            failed = failed.InnerException;
        }

        return failed as NoAnswerException;
    }
}
