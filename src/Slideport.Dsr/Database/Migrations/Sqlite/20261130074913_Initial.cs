using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slideport.Dsr.Database.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "Arrivals",
                columns: table => new
                {
                    Converter = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    SeriesInstanceUid = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    SerialNumber = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    Stage = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    Reason = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    Instances = table.Column<int>(type: "INTEGER", nullable: false),
                    ReceivedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Since = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Arrivals", x => new { x.Converter, x.Name });
                });

            migrationBuilder.CreateTable(
                name: "Collections",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    Owner = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Collections", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "Images",
                columns: table => new
                {
                    Subject = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    IdempotencyKey = table.Column<Guid>(type: "TEXT", nullable: false),
                    SeriesInstanceUid = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false),
                    Barcode = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    ScanTime = table.Column<long>(type: "INTEGER", nullable: false),
                    ReceivedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Metadata = table.Column<string>(type: "TEXT", maxLength: -1, nullable: false),
                    SlideId = table.Column<string>(type: "TEXT", maxLength: 32, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Images", x => x.Subject);
                });

            migrationBuilder.CreateTable(
                name: "Marks",
                columns: table => new
                {
                    Name = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    Value = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Marks", x => x.Name);
                });

            migrationBuilder.CreateTable(
                name: "Openings",
                columns: table => new
                {
                    Number = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    OpeningId = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    SeriesInstanceUid = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    OpenedBy = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    Source = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    OpenedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Purpose = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    Detail = table.Column<string>(type: "TEXT", maxLength: 600, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Openings", x => x.Number);
                });

            migrationBuilder.CreateTable(
                name: "Slides",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    Place = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 1024, nullable: false),
                    State = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false),
                    Problem = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: true),
                    IsDelivered = table.Column<bool>(type: "INTEGER", nullable: false),
                    Bytes = table.Column<long>(type: "INTEGER", nullable: false),
                    LastWrite = table.Column<long>(type: "INTEGER", nullable: false),
                    Sha256 = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    ScrubbedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    ScrubTriedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Changes = table.Column<int>(type: "INTEGER", nullable: false),
                    CataloguedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Format = table.Column<string>(type: "TEXT", maxLength: 20, nullable: true),
                    Barcode = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    Accession = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    PatientId = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    Stain = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    ScannerSerialNumber = table.Column<string>(type: "TEXT", maxLength: 64, nullable: true),
                    ScannerModel = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    ScanTime = table.Column<long>(type: "INTEGER", nullable: false),
                    SeriesInstanceUid = table.Column<string>(type: "TEXT", maxLength: 128, nullable: true),
                    StudyInstanceUid = table.Column<string>(type: "TEXT", maxLength: 128, nullable: true),
                    ImageId = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    Width = table.Column<int>(type: "INTEGER", nullable: false),
                    Height = table.Column<int>(type: "INTEGER", nullable: false),
                    MicronsPerPixel = table.Column<double>(type: "REAL", nullable: true),
                    ObjectivePower = table.Column<double>(type: "REAL", nullable: true),
                    HasThumbnail = table.Column<bool>(type: "INTEGER", nullable: false),
                    HasLabel = table.Column<bool>(type: "INTEGER", nullable: false),
                    HasMacro = table.Column<bool>(type: "INTEGER", nullable: false),
                    HoldReason = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    HeldBy = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    HeldAt = table.Column<long>(type: "INTEGER", nullable: true),
                    Removal = table.Column<string>(type: "TEXT", maxLength: 20, nullable: true),
                    RemovalReason = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    RemovedBy = table.Column<string>(type: "TEXT", maxLength: 400, nullable: true),
                    RemovedAt = table.Column<long>(type: "INTEGER", nullable: true),
                    BarcodeKey = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    AccessionKey = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    PatientKey = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    StainKey = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Slides", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "CollectedSlides",
                columns: table => new
                {
                    CollectionId = table.Column<Guid>(type: "TEXT", nullable: false),
                    SlideId = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    AddedAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_CollectedSlides", x => new { x.CollectionId, x.SlideId });
                    table.ForeignKey(
                        name: "FK_CollectedSlides_Collections_CollectionId",
                        column: x => x.CollectionId,
                        principalTable: "Collections",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_CollectedSlides_SlideId",
                table: "CollectedSlides",
                column: "SlideId");

            migrationBuilder.CreateIndex(
                name: "IX_Collections_Name",
                table: "Collections",
                column: "Name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_Images_SeriesInstanceUid",
                table: "Images",
                column: "SeriesInstanceUid");

            migrationBuilder.CreateIndex(
                name: "IX_Images_SlideId_ReceivedAt",
                table: "Images",
                columns: new[] { "SlideId", "ReceivedAt" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_AccessionKey_Id",
                table: "Slides",
                columns: new[] { "AccessionKey", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_BarcodeKey_Id",
                table: "Slides",
                columns: new[] { "BarcodeKey", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_IsDelivered_ScanTime_Id",
                table: "Slides",
                columns: new[] { "IsDelivered", "ScanTime", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_PatientKey_Id",
                table: "Slides",
                columns: new[] { "PatientKey", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_Place_Id",
                table: "Slides",
                columns: new[] { "Place", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_Place_LastWrite_State_Bytes",
                table: "Slides",
                columns: new[] { "Place", "LastWrite", "State", "Bytes" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_ScannerSerialNumber_ScanTime_Id",
                table: "Slides",
                columns: new[] { "ScannerSerialNumber", "ScanTime", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_ScanTime_Id",
                table: "Slides",
                columns: new[] { "ScanTime", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_ScrubTriedAt",
                table: "Slides",
                column: "ScrubTriedAt");

            migrationBuilder.CreateIndex(
                name: "IX_Slides_SeriesInstanceUid",
                table: "Slides",
                column: "SeriesInstanceUid");

            migrationBuilder.CreateIndex(
                name: "IX_Slides_StainKey_ScannerSerialNumber_ScanTime_Id",
                table: "Slides",
                columns: new[] { "StainKey", "ScannerSerialNumber", "ScanTime", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_StainKey_ScanTime_Id",
                table: "Slides",
                columns: new[] { "StainKey", "ScanTime", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_State_IsDelivered",
                table: "Slides",
                columns: new[] { "State", "IsDelivered" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_State_ScanTime_Id_ScannerSerialNumber",
                table: "Slides",
                columns: new[] { "State", "ScanTime", "Id", "ScannerSerialNumber" });

            migrationBuilder.CreateIndex(
                name: "IX_Slides_StudyInstanceUid",
                table: "Slides",
                column: "StudyInstanceUid");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Arrivals");

            migrationBuilder.DropTable(
                name: "CollectedSlides");

            migrationBuilder.DropTable(
                name: "Images");

            migrationBuilder.DropTable(
                name: "Marks");

            migrationBuilder.DropTable(
                name: "Openings");

            migrationBuilder.DropTable(
                name: "Slides");

            migrationBuilder.DropTable(
                name: "Collections");
        }
    }
}
