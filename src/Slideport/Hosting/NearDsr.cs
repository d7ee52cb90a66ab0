using Microsoft.Extensions.Hosting;
using Slideport.Dsr;
using Slideport.Sam;

namespace Slideport.Hosting;

/// <summary>Tells SAM of the DSR that runs in the same process, when both listen: an installation that nobody has configured works as it is.</summary>
internal sealed class NearDsr(SamRole sam, DsrRole dsr, string address) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => sam.PointToDsrAsync(address == "*" ? "localhost" : address, dsr.LocalEndPoint!.Port, cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
