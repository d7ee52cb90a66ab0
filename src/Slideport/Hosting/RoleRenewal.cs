using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol;
using Slideport.Protocol.Identity;

namespace Slideport.Hosting;

/// <summary>Renews the certificate a role on this machine has enrolled for, at SAM and in time. Whoever uses it sees its files change.</summary>
internal sealed partial class RoleRenewal(string folder, string role, Uri sam, TimeProvider time, ILogger<RoleRenewal> log) : BackgroundService
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromHours(1);

    /// <summary>Renews it, if it is time to.</summary>
    /// <exception cref="SamException">SAM refused.</exception>
    /// <exception cref="HttpRequestException">SAM cannot be reached.</exception>
    internal async Task RenewAsync(CancellationToken cancellationToken)
    {
        if (MachineIdentity.TryOpen(folder, role) is not { } machine || !machine.IsDue(time.GetUtcNow()))
            return;
        using var client = new SamRoleClient(sam, TlsPolicy.ForClient(sam.Host, machine.Authorities, machine.Certificate));
        var next = await machine.RenewAsync(client.RenewAsync, cancellationToken);
        Renewed(log, role, new DateTimeOffset(next.Certificate.NotAfter));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookAgain, time);
        try
        {
            do
            {
                await TryAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    // There are 60 days to try it in: an hour later is soon enough.
    private async Task TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RenewAsync(cancellationToken);
        }
        catch (Exception e) when (e is SamException or HttpRequestException or IOException or CryptographicException)
        {
            NotRenewed(log, role, e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The certificate of the {Role} is renewed; it ends {Until:u}.")]
    private static partial void Renewed(ILogger log, string role, DateTimeOffset until);

    [LoggerMessage(2, LogLevel.Warning, "The certificate of the {Role} could not be renewed, and is tried again in an hour: {Reason}")]
    private static partial void NotRenewed(ILogger log, string role, string reason);
}
