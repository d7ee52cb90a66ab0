using Microsoft.Extensions.Logging.Abstractions;
using Slideport.Converter;
using Slideport.Converter.Destinations;

namespace Slideport.Faults.Tests;

/// <summary>The child process: a converter on a free port, which it says on its first line; it ends in order when its input does.</summary>
internal static class FaultedServer
{
    /// <summary>The folder of a further destination; there is one where the folder is.</summary>
    internal const string Research = "research";

    /// <summary>A file; where it is, slides are purged as soon as nobody needs them any more.</summary>
    internal const string Purge = "purge";

    internal static async Task<int> RunAsync(string folder)
    {
        var research = Path.Join(folder, Research);
        var options = new ConverterOptions
        {
            Port = 0,
            Tls = false,
            RequireClientCertificate = false,
            SpoolReserveBytes = 0,
            Retention = File.Exists(Path.Join(folder, Purge)) ? TimeSpan.Zero : TimeSpan.FromDays(7),
            SpoolFullPercent = 100,
            DestinationReservePercent = 0,
            SpoolFolder = Path.Join(folder, "spool"),
            ImageStoreLocation = Path.Join(folder, "images"),
            Destinations = Directory.Exists(research) ? new Dictionary<string, DestinationOptions> { [Research] = new DestinationOptions { Location = research } } : new Dictionary<string, DestinationOptions>(),
        };
        await using var role = new ConverterRole(options, null, null, TimeProvider.System, NullLogger<ConverterRole>.Instance);
        await role.StartAsync(CancellationToken.None);
        Console.WriteLine(role.LocalEndPoint!.Port);
        while (Console.ReadLine() is not null)
        {
        }

        return 0;
    }
}
