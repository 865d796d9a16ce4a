namespace Gateway.Tcp.AccessLogs;

/// <summary>The connection or request that a line is about.</summary>
public interface IAccessSource
{
    /// <summary>
    /// The value of a field: a number, an address, or text that is fit for a line. Null: not known, or not yet.
    /// </summary>
    object? Read(AccessField field);
}
