using System.Net;

namespace Gateway.Tcp.Status;

/// <summary>One address of a destination, as the status page shows it.</summary>
/// <param name="Address">The address.</param>
/// <param name="Health">The verdict of health checks; null: there is none.</param>
/// <param name="ActiveConnections">The connections now; null: they are not counted for the address alone.</param>
/// <param name="IsAvoided">Whether the address gets its turn last, because connects to it fail.</param>
/// <param name="LastError">What failed in the last bad check; null: no check has failed.</param>
public sealed record AddressStatus(IPEndPoint Address, bool? Health, int? ActiveConnections, bool IsAvoided, string? LastError);
