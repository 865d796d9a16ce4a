using System.Globalization;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// The descriptor limit has no room for another connection to a destination, and nobody's is idle. The HTTP client wraps it, so that it has
/// to be an exception.
/// </summary>
/// <param name="further">The connections that took the room.</param>
internal sealed class NoRoomException(int further)
    : IOException(
        string.Create(
            CultureInfo.InvariantCulture,
            $"the descriptor limit has no room for another connection to a destination ({further} are open)"))
{
    /// <summary>The one behind <paramref name="failed"/>, or null.</summary>
    public static NoRoomException? Behind(Exception? failed)
    {
        while (failed is not null and not NoRoomException)
        {
            failed = failed.InnerException;
        }

        return failed as NoRoomException;
    }
}
