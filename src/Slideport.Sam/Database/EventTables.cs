using Microsoft.EntityFrameworkCore;
using Slideport.Protocol.Events;

namespace Slideport.Sam.Database;

/// <summary>
/// The tables of events. Each index begins with what is asked for and ends with the order of the answer, severity between them: any page of
/// ten million events is read from one end of a few ranges.
/// </summary>
internal static class EventTables
{
    internal static void Build(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<LoggedEvent>(logged =>
        {
            logged.ToTable("Events");
            logged.HasIndex(e => new { e.Sender, e.SenderId }).IsUnique();
            logged.HasIndex(e => new { e.Severity, e.ReceivedAt, e.Id });
            logged.HasIndex(e => new { e.SerialNumber, e.Severity, e.ReceivedAt, e.Id });
            logged.HasIndex(e => new { e.Code, e.Severity, e.ReceivedAt, e.Id });
            logged.HasIndex(e => new { e.Component, e.Severity, e.ReceivedAt, e.Id });
            logged.HasIndex(e => e.SeriesInstanceUid);
            logged.Property(e => e.Sender).HasMaxLength(100);
            logged.Property(e => e.SenderId).HasMaxLength(64);
            logged.Property(e => e.SerialNumber).HasMaxLength(64);
            logged.Property(e => e.Code).HasMaxLength(64);
            logged.Property(e => e.Component).HasMaxLength(64);
            logged.Property(e => e.Text).HasMaxLength(ScannerEvent.MaxText);
            logged.Property(e => e.Rack).HasMaxLength(64);
            logged.Property(e => e.Slot).HasMaxLength(64);
            logged.Property(e => e.ImageId).HasMaxLength(64);
            logged.Property(e => e.SeriesInstanceUid).HasMaxLength(128);
        });
        modelBuilder.Entity<OpenEvent>(open =>
        {
            open.HasKey(o => o.EventId);
            open.Property(o => o.EventId).ValueGeneratedNever();
            open.HasIndex(o => new { o.SerialNumber, o.Code, o.Severity });
            open.Property(o => o.SerialNumber).HasMaxLength(64);
            open.Property(o => o.Code).HasMaxLength(64);
            open.HasOne(o => o.Event).WithOne().HasForeignKey<OpenEvent>(o => o.EventId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<ChangeCounter>(counter =>
        {
            counter.HasKey(c => c.Name);
            counter.Property(c => c.Name).HasMaxLength(64);
            counter.Property(c => c.Last).IsConcurrencyToken();
        });
    }
}
