using System.Globalization;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// The descriptor limit has no room for another connection to a destination, and no connection is idle. An exception, because the HTTP
/// client passes nothing else on.
/// </summary>
/// <param name="further">The connections that took the room.</param>
internal sealed class NoRoomException(int further)
    : IOException(
        string.Create(
            CultureInfo.InvariantCulture,
            $"the descriptor limit has no room for another connection to a destination ({further} are open)"))
{
    /// <summary>The exception of this type in the chain of <paramref name="failed"/>, or null.</summary>
    public static NoRoomException? Behind(Exception? failed)
    {
        while (failed is not null and not NoRoomException)
        {
            failed = failed.InnerException;
        }

        return failed as NoRoomException;
    }
}
