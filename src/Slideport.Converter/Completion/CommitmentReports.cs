using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Slideport.Converter.Spool;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.UpperLayer;
using Slideport.Files;
using Slideport.Protocol;

namespace Slideport.Converter.Completion;

/// <summary>
/// Reports whose requester had left before it took them. They are brought to the address the settings name for its AE title, again and again
/// with growing pauses, across restarts, for a week. Nobody is ever called at an address a peer has told.
/// </summary>
internal sealed class CommitmentReports : IAsyncDisposable
{
    // What one scanner asks about in a week is hundreds; more is a scanner gone wrong, which must not fill the disk.
    private const int MaxPending = 1000;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromDays(7);

    // One that takes the connection and then says nothing must not keep the reports of others waiting for long.
    private static readonly AssociationLimits Limits = new() { IdleTimeout = TimeSpan.FromSeconds(30) };

    private readonly ConcurrentDictionary<string, Pending> _pending = new(StringComparer.Ordinal);
    private readonly string _folder;
    private readonly ConverterOptions _options;
    private readonly ConverterTls? _tls;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private BackgroundLoop? _loop;

    internal CommitmentReports(SpoolFolder folder, ConverterOptions options, ConverterTls? tls, TimeProvider time, ILogger log)
    {
        _folder = folder.Reports;
        _options = options;
        _tls = tls;
        _time = time;
        _log = log;
        foreach (var path in Directory.GetFiles(_folder, "*" + Receipt.Extension))
        {
            if (PendingReport.TryRead(path) is { } report && report.FileName == Path.GetFileName(path))
                _pending[report.FileName] = new Pending(report, 0, _time.GetUtcNow());
            else
                File.Delete(path); // torn before its flush: the requester asks again
        }
    }

    /// <summary>Begins to bring them.</summary>
    internal void Start() => _loop = new BackgroundLoop("Storage commitment reports", Tick, BringDueAsync, _time, _log);

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
            await _loop.DisposeAsync();
    }

    /// <summary>Since when each report that is to be brought has waited.</summary>
    internal IEnumerable<DateTimeOffset> WaitingSince => _pending.Values.Select(p => p.Report.Since);

    /// <summary>Keeps a report whose requester has left.</summary>
    internal void Add(PeerIdentity peer, string scanner, CommitmentResult result)
    {
        if (!_options.CommitmentCallbacks.ContainsKey(peer.CallingAETitle))
        {
            Log.ReportHasNoAddress(_log, peer.ToString(), result.TransactionUid, peer.CallingAETitle);
            return;
        }

        if (_pending.Count >= MaxPending)
        {
            Log.ReportDropped(_log, result.TransactionUid, peer.CallingAETitle, $"{MaxPending} reports are waiting already");
            return;
        }

        var report = PendingReport.Of(result, scanner, peer.CallingAETitle, peer.CalledAETitle, _time.GetUtcNow());
        DurableFile.Replace(PathOf(report), report.ToBytes());
        _pending[report.FileName] = new Pending(report, 0, _time.GetUtcNow());
    }

    /// <summary>The report that waits under a transaction UID of a scanner; null when none does.</summary>
    internal PendingReport? Find(string scanner, string transactionUid) =>
        _pending.GetValueOrDefault(SpoolName.Of(scanner, transactionUid) + Receipt.Extension)?.Report;

    /// <summary>A report that need not be brought any more.</summary>
    internal void Drop(PendingReport report)
    {
        if (_pending.TryRemove(report.FileName, out _))
            DurableFile.Delete(PathOf(report));
    }

    private async Task BringDueAsync(CancellationToken cancellationToken)
    {
        foreach (var pending in _pending.Values.Where(p => p.NotBefore <= _time.GetUtcNow()))
            await BringAsync(pending, cancellationToken);
    }

    private async Task BringAsync(Pending pending, CancellationToken cancellationToken)
    {
        var report = pending.Report;
        try
        {
            if (!_options.CommitmentCallbacks.TryGetValue(report.Requester, out var address))
                throw new AssociationException(AssociationFault.Peer, "Converter:CommitmentCallbacks names no address for it any more.");
            var (host, port) = ConverterOptions.HostAndPort(address)!.Value;
            var tls = _tls is null ? null : TlsPolicy.ForClient(host, _tls.ClientAuthorities, _tls.ClientCertificate());
            await StorageCommitmentReport.SendAsync(host, port, (report.CalledAETitle, report.Requester), tls, report.Result(), Limits, cancellationToken);
            Log.ReportBrought(_log, report.TransactionUid, report.Requester, address);
            Drop(report);
        }
#pragma warning disable CA1031 // One report's failure, whatever it is, is that report's; those behind it are brought nevertheless.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            Failed(pending, e.Message);
        }
    }

    private void Failed(Pending pending, string reason)
    {
        var report = pending.Report;
        if (_time.GetUtcNow() - report.Since >= Patience)
        {
            Log.ReportDropped(_log, report.TransactionUid, report.Requester, $"for a week nobody took it: {reason}");
            Drop(report);
            return;
        }

        var pause = FirstPause * Math.Pow(2, Math.Min(pending.Failures, 10));
        pause = pause < LongestPause ? pause : LongestPause;
        Log.ReportNotBrought(_log, report.TransactionUid, report.Requester, pause, reason);
        _pending.TryUpdate(report.FileName, pending with { Failures = pending.Failures + 1, NotBefore = _time.GetUtcNow() + pause }, pending);
    }

    private string PathOf(PendingReport report) => Path.Join(_folder, report.FileName);

    private sealed record Pending(PendingReport Report, int Failures, DateTimeOffset NotBefore);
}
