"""The world without hardware: devices' twins, drivers, a bank and an attendant. It knows the truth."""
