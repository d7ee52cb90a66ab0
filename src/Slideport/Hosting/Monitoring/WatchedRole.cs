using System.Security.Cryptography.X509Certificates;
using Slideport.Protocol.Readiness;

namespace Slideport.Hosting.Monitoring;

/// <summary>A role that runs here, as monitoring sees it.</summary>
/// <param name="Name">As behind <c>--roles</c>.</param>
/// <param name="Checks">What it needs; asked once it has started.</param>
/// <param name="IsRevoked">Whether a certificate is good no more, as far as it knows.</param>
internal sealed record WatchedRole(string Name, Func<IReadOnlyList<ReadinessCheck>> Checks, Predicate<X509Certificate2> IsRevoked);
