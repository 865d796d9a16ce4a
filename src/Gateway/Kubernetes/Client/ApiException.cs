namespace Gateway.Kubernetes.Client;

/// <summary>The API server refused a request, or ended a watch with an error.</summary>
/// <param name="status">The HTTP status, or the code of the Status object.</param>
/// <param name="reason">The reason in one word, such as Expired; null: unknown.</param>
/// <param name="message">What the server says.</param>
/// <param name="retryAfter">How long the server asks to wait; null: it does not say.</param>
internal sealed class ApiException(int status, string? reason, string message, TimeSpan? retryAfter = null) : Exception(message)
{
    /// <summary>The HTTP status, or the code of the Status object.</summary>
    public int Status => status;

    /// <summary>The reason in one word; null: unknown.</summary>
    public string? Reason => reason;

    /// <summary>How long the server asks to wait; null: it does not say.</summary>
    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>
    /// Whether the version from which a watch or a list was to go on is no longer known, so that the list must begin anew.
    /// </summary>
    public bool IsGone => status == 410 || reason is "Expired" or "Gone" or "ResourceExpired";
}
