using System.Diagnostics;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol.Identity;
using Slideport.Scanner;
using Slideport.Scanner.Sending;

namespace Slideport.Bench;

/// <summary>Scanners that send slides to a port of this machine, over TLS.</summary>
internal sealed class SlideSender(CertificateAuthority authority)
{
    /// <summary>Sends slides; returns when every instance was acknowledged, and committed where that is asked for.</summary>
    internal async Task SendAsync(
        int port, IReadOnlyList<IReadOnlyList<string>> slides, int parallel, bool commit, CancellationToken cancellationToken, string called = "SLIDEPORT", IProgress<SendProgress>? progress = null, long? bytesPerSecond = null)
    {
        using var certificate = authority.Scanner("BENCH");
        var target = new SendTarget("localhost", port) { CalledAETitle = called, Tls = TlsPolicy.ForClient("localhost", authority.Roots, certificate) };
        var ledger = await VirtualScanner.SendAsync(slides, target, new SendOptions { Parallel = parallel, Commit = commit, BytesPerSecond = bytesPerSecond }, progress, cancellationToken);
        if (!ledger.IsComplete)
            throw new InvalidOperationException($"Not everything was acknowledged: {ledger.CommitmentProblem ?? ledger.Instances.First(i => !i.IsAcknowledged).Comment}");
    }
}

/// <summary>When the last byte of the data sets went out, before anything was acknowledged or committed.</summary>
internal sealed class LastByte(Stopwatch clock) : IProgress<SendProgress>
{
    internal TimeSpan At { get; private set; }

    public void Report(SendProgress value)
    {
        if (value.BytesSent == value.BytesTotal && At == TimeSpan.Zero)
            At = clock.Elapsed;
    }
}
